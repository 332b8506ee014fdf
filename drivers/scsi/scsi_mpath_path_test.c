// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of what a path is worth: from the state of its device, its host, its access state
 * and its health, and for how long I/O waits for it.
 *
 * Device, host and path are plain memory; no command is sent.
 */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_proto.h>
#include <scsi/scsi_transport.h>
#include "scsi_mpath.h"

#define TPGS_IMPLICIT	0x10
#define ACCESS_RESERVED	0x06
#define MINUTE_MS	(60 * MSEC_PER_SEC)

static struct scsi_transport_template fake_transport;

struct path_test {
	struct scsi_mpath_head head;
	struct scsi_mpath_path path;
	struct Scsi_Host shost;
	struct scsi_device sdev;
	unsigned char inquiry[96];
	struct gendisk disk;
	struct block_device part0;
};

/* What differs from a running, optimized path. */
static const struct path_case {
	const char *name;
	enum mpath_state state;
	const char *word;
	u8 access;
	unsigned long flags;
	enum scsi_device_state sdev_state;
	enum scsi_host_state host_state;
	bool symmetric;
} path_cases[] = {
	{ "optimized", MPATH_OPTIMIZED, "optimized", SCSI_ACCESS_STATE_OPTIMAL },
	{ "preferred", MPATH_OPTIMIZED, "optimized",
	  SCSI_ACCESS_STATE_OPTIMAL | SCSI_ACCESS_STATE_PREFERRED },
	{ "non-optimized", MPATH_USABLE, "non-optimized", SCSI_ACCESS_STATE_ACTIVE },
	{ "LBA-dependent", MPATH_USABLE, "lba-dependent", SCSI_ACCESS_STATE_LBA },
	{ "reserved state", MPATH_LAST, "unknown", ACCESS_RESERVED },
	{ "standby", MPATH_PENDING, "standby", SCSI_ACCESS_STATE_STANDBY },
	{ "unavailable", MPATH_PENDING, "unavailable", SCSI_ACCESS_STATE_UNAVAILABLE },
	{ "transitioning", MPATH_PENDING, "transitioning", SCSI_ACCESS_STATE_TRANSITIONING },
	{ "access state offline", MPATH_GONE, "offline", SCSI_ACCESS_STATE_OFFLINE },
	{ "state not known", MPATH_LAST, "unknown", SCSI_ACCESS_STATE_UNKNOWN },
	{ "no target port groups", MPATH_OPTIMIZED, "symmetric",
	  SCSI_ACCESS_STATE_STANDBY, .symmetric = true },
	{ "no target port groups, state not known", MPATH_OPTIMIZED, "symmetric",
	  SCSI_ACCESS_STATE_UNKNOWN, .symmetric = true },
	{ "marginal", MPATH_USABLE, "marginal", .flags = BIT(SCSI_MPATH_MARGINAL) },
	{ "marginal and non-optimized", MPATH_USABLE, "non-optimized",
	  SCSI_ACCESS_STATE_ACTIVE, BIT(SCSI_MPATH_MARGINAL) },
	{ "marginal and standby", MPATH_PENDING, "standby",
	  SCSI_ACCESS_STATE_STANDBY, BIT(SCSI_MPATH_MARGINAL) },
	{ "failed", MPATH_PENDING, "backoff", .flags = BIT(SCSI_MPATH_FAILED) },
	{ "held", MPATH_PENDING, "suspect", .flags = BIT(SCSI_MPATH_HELD) },
	{ "held and failed", MPATH_PENDING, "suspect",
	  .flags = BIT(SCSI_MPATH_HELD) | BIT(SCSI_MPATH_FAILED) },
	{ "in transition, as commands say", MPATH_PENDING, "transitioning",
	  .flags = BIT(SCSI_MPATH_TRANSITION) },
	{ "in transition after an outage", MPATH_PENDING, "suspect",
	  .flags = BIT(SCSI_MPATH_TRANSITION) | BIT(SCSI_MPATH_HELD) },
	{ "unmapped", MPATH_GONE, "gone", .flags = BIT(SCSI_MPATH_UNMAPPED) },
	{ "foreign", MPATH_GONE, "quarantined", .flags = BIT(SCSI_MPATH_FOREIGN) },
	{ "foreign and failed", MPATH_GONE, "quarantined",
	  .flags = BIT(SCSI_MPATH_FOREIGN) | BIT(SCSI_MPATH_FAILED) },
	{ "disabled", MPATH_GONE, "disabled", .flags = BIT(SCSI_MPATH_DISABLED) },
	{ "stopped", MPATH_GONE, "gone", .flags = BIT(SCSI_MPATH_STOPPED) },
	{ "runs again after an outage", MPATH_PENDING, "suspect",
	  .flags = BIT(SCSI_MPATH_OUTAGE) },
	{ "blocked", MPATH_PENDING, "blocked", .sdev_state = SDEV_BLOCK },
	{ "created blocked", MPATH_PENDING, "blocked", .sdev_state = SDEV_CREATED_BLOCK },
	{ "quiesced", MPATH_PENDING, "blocked", .sdev_state = SDEV_QUIESCE },
	{ "blocked in an outage", MPATH_PENDING, "blocked",
	  .flags = BIT(SCSI_MPATH_OUTAGE), .sdev_state = SDEV_BLOCK },
	{ "offline", MPATH_GONE, "gone", .sdev_state = SDEV_OFFLINE },
	{ "transport offline", MPATH_GONE, "gone", .sdev_state = SDEV_TRANSPORT_OFFLINE },
	{ "offline in an outage", MPATH_GONE, "gone",
	  .flags = BIT(SCSI_MPATH_OUTAGE), .sdev_state = SDEV_OFFLINE },
	{ "being removed", MPATH_GONE, "gone", .sdev_state = SDEV_CANCEL },
	{ "removed", MPATH_GONE, "gone", .sdev_state = SDEV_DEL },
	{ "host in recovery", MPATH_PENDING, "recovering", .host_state = SHOST_RECOVERY },
	{ "host in recovery while it is removed", MPATH_PENDING, "recovering",
	  .host_state = SHOST_CANCEL_RECOVERY },
};

KUNIT_ARRAY_PARAM_DESC(path, path_cases, name);

static void path_test_set(struct path_test *t, const struct path_case *c)
{
	t->inquiry[5] = c->symmetric ? 0 : TPGS_IMPLICIT;
	t->sdev.access_state = c->access;
	t->sdev.sdev_state = c->sdev_state ?: SDEV_RUNNING;
	t->shost.shost_state = c->host_state ?: SHOST_RUNNING;
	t->path.flags = c->flags;
}

static int path_test_init(struct kunit *test)
{
	struct path_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	spin_lock_init(&t->path.lock);
	t->path.mp.head = &t->head.mh;
	t->path.head = &t->head;
	t->path.sdev = &t->sdev;
	t->path.disk = &t->disk;
	t->disk.part0 = &t->part0;
	t->sdev.host = &t->shost;
	t->sdev.inquiry = t->inquiry;
	t->shost.transportt = &fake_transport;
	/* There is no target to ask. */
	t->head.refresh_at = jiffies + 3600 * HZ;
	t->head.mh.lost_at = (jiffies - 3600 * HZ) | 1;
	t->path.loss = t->head.mh.lost_at;
	fake_transport.ends_outages = false;
	path_test_set(t, &path_cases[0]);
	test->priv = t;
	return 0;
}

static void state_and_word(struct kunit *test)
{
	const struct path_case *c = test->param_value;
	struct path_test *t = test->priv;

	path_test_set(t, c);
	KUNIT_EXPECT_EQ(test, scsi_mpath_path_state(&t->path.mp), c->state);
	KUNIT_EXPECT_STREQ(test, scsi_mpath_path_word(&t->path), c->word);
}

/* What the library keeps out by its size does not read as if it were used. */
static void size_shows(struct kunit *test)
{
	struct path_test *t = test->priv;

	set_bit(MPATH_PATH_SMALL, &t->path.mp.flags);
	KUNIT_EXPECT_STREQ(test, scsi_mpath_path_word(&t->path), "suspect");
	t->part0.bd_nr_sectors = 8;
	KUNIT_EXPECT_STREQ(test, scsi_mpath_path_word(&t->path), "refused");
	t->sdev.access_state = SCSI_ACCESS_STATE_STANDBY;
	KUNIT_EXPECT_STREQ(test, scsi_mpath_path_word(&t->path), "standby");
}

/* For how long I/O waits for a path, in ms; 0 is for ever. */
static const struct wait_case {
	const char *name;
	unsigned long ms;
	u8 access;
	unsigned long flags;
	enum scsi_device_state sdev_state;
	enum scsi_host_state host_state;
	bool ends_outages;
} wait_cases[] = {
	{ "standby", MINUTE_MS, SCSI_ACCESS_STATE_STANDBY },
	{ "unavailable", MINUTE_MS, SCSI_ACCESS_STATE_UNAVAILABLE },
	{ "transitioning", MINUTE_MS, SCSI_ACCESS_STATE_TRANSITIONING },
	{ "transitioning, as commands say", MINUTE_MS, .flags = BIT(SCSI_MPATH_TRANSITION) },
	{ "failed", 5 * MSEC_PER_SEC, .flags = BIT(SCSI_MPATH_FAILED) },
	{ "held", 5 * MSEC_PER_SEC, .flags = BIT(SCSI_MPATH_HELD) },
	{ "blocked", 5 * MINUTE_MS, .sdev_state = SDEV_BLOCK },
	{ "quiesced", 5 * MINUTE_MS, .sdev_state = SDEV_QUIESCE },
	{ "blocked, the transport ends it", 0, .sdev_state = SDEV_BLOCK,
	  .ends_outages = true },
	{ "host in recovery, which has an end", 0, .host_state = SHOST_RECOVERY },
};

KUNIT_ARRAY_PARAM_DESC(wait, wait_cases, name);

static bool may_return(struct path_test *t, unsigned long ms)
{
	/* The cause is noted by the first look and is made older for the second. */
	scsi_mpath_path_may_return(&t->path.mp, 0);
	t->path.cause_at = jiffies - msecs_to_jiffies(ms);
	return scsi_mpath_path_may_return(&t->path.mp, ms);
}

static void waiting_ends(struct kunit *test)
{
	const struct wait_case *c = test->param_value;
	const struct path_case set = {
		.access = c->access,
		.flags = c->flags,
		.sdev_state = c->sdev_state,
		.host_state = c->host_state,
	};
	struct path_test *t = test->priv;

	path_test_set(t, &set);
	fake_transport.ends_outages = c->ends_outages;
	KUNIT_EXPECT_TRUE(test, may_return(t, 0));
	if (!c->ms) {
		KUNIT_EXPECT_TRUE(test, may_return(t, 60 * MINUTE_MS));
		return;
	}
	KUNIT_EXPECT_TRUE(test, may_return(t, c->ms - MSEC_PER_SEC));
	KUNIT_EXPECT_FALSE(test, may_return(t, c->ms + MSEC_PER_SEC));
}

/* Minutes of one reason do not count for the next. */
static void each_cause_has_its_own_time(struct kunit *test)
{
	static const struct path_case transition = {
		.access = SCSI_ACCESS_STATE_TRANSITIONING,
	};
	struct path_test *t = test->priv;

	t->sdev.sdev_state = SDEV_BLOCK;
	KUNIT_EXPECT_FALSE(test, may_return(t, 6 * MINUTE_MS));
	path_test_set(t, &transition);
	KUNIT_EXPECT_TRUE(test, scsi_mpath_path_may_return(&t->path.mp, 6 * MINUTE_MS));
}

/* Two probes in a row say that nothing is to be expected soon. */
static void failed_probes_end_waiting(struct kunit *test)
{
	struct path_test *t = test->priv;

	set_bit(SCSI_MPATH_FAILED, &t->path.flags);
	t->path.probe_failures = 1;
	KUNIT_EXPECT_TRUE(test, may_return(t, 0));
	t->path.probe_failures = 2;
	KUNIT_EXPECT_FALSE(test, may_return(t, 0));
}

static void the_offline_do_not_return(struct kunit *test)
{
	struct path_test *t = test->priv;

	t->sdev.sdev_state = SDEV_OFFLINE;
	KUNIT_EXPECT_FALSE(test, may_return(t, 0));
}

/* Nothing of a path counts before its disk was compared with the head. */
static void unread_path_does_not_fit(struct kunit *test)
{
	struct path_test *t = test->priv;

	KUNIT_EXPECT_FALSE(test, scsi_mpath_path_fits(&t->path.mp));
	t->path.compared = true;
	KUNIT_EXPECT_TRUE(test, scsi_mpath_path_fits(&t->path.mp));
}

static struct kunit_case scsi_mpath_path_test_cases[] = {
	KUNIT_CASE_PARAM(state_and_word, path_gen_params),
	KUNIT_CASE(size_shows),
	KUNIT_CASE_PARAM(waiting_ends, wait_gen_params),
	KUNIT_CASE(each_cause_has_its_own_time),
	KUNIT_CASE(failed_probes_end_waiting),
	KUNIT_CASE(the_offline_do_not_return),
	KUNIT_CASE(unread_path_does_not_fit),
	{}
};

static struct kunit_suite scsi_mpath_path_test_suite = {
	.name = "scsi_mpath_path",
	.init = path_test_init,
	.test_cases = scsi_mpath_path_test_cases,
};

kunit_test_suite(scsi_mpath_path_test_suite);

MODULE_DESCRIPTION("KUnit tests of the state of a path");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");

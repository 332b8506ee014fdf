// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the hooks: which commands are judged, what becomes of them, and that their path
 * hears of each attempt once.
 *
 * Device, host, request and command are plain memory. The path is an object of the test that
 * writes down what it is told.
 */
#include <kunit/test.h>
#include <linux/blk-mq.h>
#include <linux/jiffies.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_multipath.h>
#include <scsi/scsi_proto.h>
#include "scsi_mpath_hooks.h"

/* A path that counts, a device and one command. */
struct hooks_test {
	struct scsi_mpath_device dev;
	unsigned int failed;
	unsigned int events;
	struct scsi_mpath_failure failure;
	struct scsi_mpath_verdict verdict;
	enum scsi_mpath_event event;
	struct Scsi_Host *shost;
	struct scsi_device *sdev;
	struct request *rq;
	struct scsi_cmnd *cmd;
	u8 sense[SCSI_SENSE_BUFFERSIZE];
};

static void fake_failed(struct scsi_mpath_device *dev, const struct scsi_mpath_failure *failure,
			const struct scsi_mpath_verdict *verdict)
{
	struct hooks_test *t = container_of(dev, struct hooks_test, dev);

	t->failed++;
	t->failure = *failure;
	t->verdict = *verdict;
}

static void fake_event(struct scsi_mpath_device *dev, enum scsi_mpath_event event)
{
	struct hooks_test *t = container_of(dev, struct hooks_test, dev);

	t->events++;
	t->event = event;
}

static const struct scsi_mpath_device_ops fake_ops = {
	.event = fake_event,
	.failed = fake_failed,
};

/* A read of a multipath disk, sent just now. */
static int hooks_test_init(struct kunit *test)
{
	struct hooks_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->shost = kunit_kzalloc(test, sizeof(*t->shost), GFP_KERNEL);
	t->sdev = kunit_kzalloc(test, sizeof(*t->sdev), GFP_KERNEL);
	t->rq = kunit_kzalloc(test, sizeof(*t->rq) + sizeof(*t->cmd), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->shost);
	KUNIT_ASSERT_NOT_NULL(test, t->sdev);
	KUNIT_ASSERT_NOT_NULL(test, t->rq);
	t->rq->q = kunit_kzalloc(test, sizeof(*t->rq->q), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->rq->q);

	t->shost->shost_state = SHOST_RUNNING;
	t->sdev->host = t->shost;
	t->rq->q->queuedata = t->sdev;
	t->sdev->sdev_state = SDEV_RUNNING;
	t->dev.ops = &fake_ops;
	scsi_mpath_set(t->sdev, &t->dev);

	t->rq->cmd_flags = REQ_OP_READ | REQ_DRV;
	t->cmd = blk_mq_rq_to_pdu(t->rq);
	t->cmd->device = t->sdev;
	t->cmd->sense_buffer = t->sense;
	t->cmd->jiffies_at_alloc = jiffies;
	t->cmd->allowed = 5;
	test->priv = t;
	return 0;
}

static int refuse(struct hooks_test *t, blk_status_t status)
{
	return (__force int)scsi_mpath_refuse(t->rq, status);
}

static int refuse_in_recovery(struct hooks_test *t)
{
	return (__force int)scsi_mpath_refuse_in_recovery(t->rq);
}

static void set_sense(struct hooks_test *t, u8 key, u8 asc, u8 ascq)
{
	memset(t->sense, 0, sizeof(t->sense));
	scsi_build_sense(t->cmd, 0, key, asc, ascq);
}

static void path_error_moves_on(struct kunit *test)
{
	struct hooks_test *t = test->priv;

	t->cmd->result = DID_NO_CONNECT << 16;
	KUNIT_EXPECT_TRUE(test, scsi_mpath_moves_on(t->cmd));
	KUNIT_EXPECT_EQ_MSG(test, t->failed, 0, "asking was reported");
	KUNIT_EXPECT_TRUE(test, scsi_mpath_end(t->cmd, true));
	KUNIT_EXPECT_TRUE(test, t->rq->rq_flags & RQF_QUIET);
	KUNIT_EXPECT_EQ(test, t->failed, 1);
	KUNIT_EXPECT_EQ(test, t->verdict.actions, SCSI_MPATH_ACT_BACKOFF);
	KUNIT_EXPECT_EQ(test, t->failure.result, DID_NO_CONNECT << 16);
}

static void target_error_passes_unchanged(struct kunit *test)
{
	struct hooks_test *t = test->priv;

	set_sense(t, MEDIUM_ERROR, 0x11, 0x00);
	KUNIT_EXPECT_FALSE(test, scsi_mpath_moves_on(t->cmd));
	KUNIT_EXPECT_FALSE(test, scsi_mpath_end(t->cmd, true));
	KUNIT_EXPECT_FALSE(test, t->rq->rq_flags & RQF_QUIET);
	KUNIT_EXPECT_EQ_MSG(test, t->failed, 1, "an error that passes up counts, too");
	KUNIT_EXPECT_EQ(test, t->verdict.class, SCSI_MPATH_PASS_UP);
}

/* A disk without multipath, passthrough, and device-mapper's use of the same flag. */
static void other_commands_are_not_judged(struct kunit *test)
{
	static const struct {
		const char *name;
		blk_opf_t flags;
		bool is_path;
	} cases[] = {
		{ "no clone", REQ_OP_READ, true },
		{ "passthrough", REQ_OP_DRV_IN | REQ_DRV, true },
		{ "flag of device-mapper", REQ_OP_READ | REQ_DRV, false },
	};
	struct hooks_test *t = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name = cases[i].name;

		t->cmd->result = DID_NO_CONNECT << 16;
		t->cmd->retries = 0;
		t->rq->cmd_flags = cases[i].flags;
		if (!cases[i].is_path)
			scsi_mpath_set(t->sdev, NULL);

		KUNIT_EXPECT_FALSE_MSG(test, scsi_mpath_moves_on(t->cmd), "%s", name);
		KUNIT_EXPECT_FALSE_MSG(test, scsi_mpath_end(t->cmd, true), "%s", name);
		t->cmd->result = DID_IMM_RETRY << 16;
		KUNIT_EXPECT_FALSE_MSG(test, scsi_mpath_retry_moves_on(t->cmd, NEEDS_RETRY), "%s",
				       name);
		KUNIT_EXPECT_EQ_MSG(test, t->cmd->retries, 0, "%s", name);
		t->sdev->sdev_state = SDEV_OFFLINE;
		KUNIT_EXPECT_EQ_MSG(test, refuse(t, BLK_STS_IOERR), (__force int)BLK_STS_IOERR,
				    "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, refuse_in_recovery(t), (__force int)BLK_STS_RESOURCE,
				    "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, t->failed, 0, "%s", name);
	}
}

/* The request of the flush machinery carries the flag but no bio. */
static void flush_is_judged(struct kunit *test)
{
	struct hooks_test *t = test->priv;

	t->rq->cmd_flags = REQ_OP_FLUSH | REQ_DRV;
	t->cmd->result = DID_TRANSPORT_DISRUPTED << 16;
	KUNIT_EXPECT_TRUE(test, scsi_mpath_end(t->cmd, true));
	KUNIT_EXPECT_FALSE(test, t->failure.read);
}

/* Nobody else counts these, and today they go on for minutes. */
static void immediate_retries_are_bounded(struct kunit *test)
{
	struct hooks_test *t = test->priv;
	unsigned int sent = 1;

	t->cmd->result = DID_IMM_RETRY << 16;
	while (!scsi_mpath_retry_moves_on(t->cmd, NEEDS_RETRY) && sent < 100)
		sent++;
	KUNIT_EXPECT_EQ(test, sent, 4);
	KUNIT_EXPECT_EQ_MSG(test, t->failed, 0, "reported before it ended");
}

static void busy_device_is_left_after_a_while(struct kunit *test)
{
	struct hooks_test *t = test->priv;

	t->cmd->result = SAM_STAT_BUSY;
	KUNIT_EXPECT_FALSE(test, scsi_mpath_retry_moves_on(t->cmd, ADD_TO_MLQUEUE));
	t->cmd->jiffies_at_alloc = jiffies - msecs_to_jiffies(1000);
	KUNIT_EXPECT_TRUE(test, scsi_mpath_retry_moves_on(t->cmd, ADD_TO_MLQUEUE));
}

/* A device handler has such a command sent again on the same path; its path must be held first. */
static void reset_moves_on_whatever_was_decided(struct kunit *test)
{
	struct hooks_test *t = test->priv;

	set_sense(t, UNIT_ATTENTION, 0x29, 0x00);
	KUNIT_EXPECT_TRUE(test, scsi_mpath_retry_moves_on(t->cmd, ADD_TO_MLQUEUE));
	KUNIT_EXPECT_TRUE(test, scsi_mpath_retry_moves_on(t->cmd, NEEDS_RETRY));
}

static void error_handling_comes_first(struct kunit *test)
{
	struct hooks_test *t = test->priv;

	t->cmd->result = DID_TIME_OUT << 16;
	KUNIT_EXPECT_FALSE(test, scsi_mpath_retry_moves_on(t->cmd, FAILED));
}

/* Error handling asks about a command that has no result but that it timed out. */
static void command_without_result_has_timed_out(struct kunit *test)
{
	struct hooks_test *t = test->priv;

	t->cmd->result = 0;
	KUNIT_EXPECT_TRUE(test, scsi_mpath_moves_on(t->cmd));
}

/* Sense data of an attempt that this path repeats are seen by nobody else. */
static void retried_attempt_is_reported_if_it_says_something(struct kunit *test)
{
	struct hooks_test *t = test->priv;

	set_sense(t, UNIT_ATTENTION, 0x2a, 0x06);
	KUNIT_EXPECT_FALSE(test, scsi_mpath_retry_moves_on(t->cmd, ADD_TO_MLQUEUE));
	KUNIT_EXPECT_EQ(test, t->failed, 1);
	KUNIT_EXPECT_EQ(test, t->verdict.actions, SCSI_MPATH_ACT_REFRESH);
	KUNIT_EXPECT_EQ(test, t->failure.asc, 0x2a);
	KUNIT_EXPECT_EQ(test, t->failure.ascq, 0x06);

	KUNIT_EXPECT_FALSE(test, scsi_mpath_end(t->cmd, false));
	KUNIT_EXPECT_EQ(test, t->failed, 2);

	set_sense(t, UNIT_ATTENTION, 0x38, 0x07);
	KUNIT_EXPECT_FALSE(test, scsi_mpath_retry_moves_on(t->cmd, NEEDS_RETRY));
	KUNIT_EXPECT_FALSE(test, scsi_mpath_end(t->cmd, false));
	KUNIT_EXPECT_EQ_MSG(test, t->failed, 2, "nothing to say, but reported");
}

/* An error for which a second opinion is asked is believed the second time. */
static void second_opinion_is_believed(struct kunit *test)
{
	struct hooks_test *t = test->priv;

	set_sense(t, HARDWARE_ERROR, 0x44, 0x00);
	t->rq->cmd_flags |= REQ_FAILFAST_MASK;
	KUNIT_EXPECT_TRUE_MSG(test, scsi_mpath_moves_on(t->cmd), "failfast is no second opinion");
	t->rq->cmd_flags &= ~REQ_FAILFAST_MASK;
	t->rq->cmd_flags |= REQ_FAILFAST_TRANSPORT | REQ_MPATH_MOVED;
	KUNIT_EXPECT_FALSE(test, scsi_mpath_end(t->cmd, true));
}

static void request_that_is_not_sent_moves_on(struct kunit *test)
{
	struct hooks_test *t = test->priv;

	t->sdev->sdev_state = SDEV_TRANSPORT_OFFLINE;
	KUNIT_EXPECT_EQ(test, refuse(t, BLK_STS_IOERR), (__force int)BLK_STS_TRANSPORT);
	KUNIT_EXPECT_EQ(test, t->failed, 1);
	KUNIT_EXPECT_EQ(test, t->failure.stage, SCSI_MPATH_REFUSED);
	KUNIT_EXPECT_TRUE(test, t->rq->rq_flags & RQF_QUIET);

	t->sdev->sdev_state = SDEV_DEL;
	KUNIT_EXPECT_EQ(test, refuse(t, BLK_STS_OFFLINE), (__force int)BLK_STS_TRANSPORT);
	KUNIT_EXPECT_EQ(test, t->verdict.actions, SCSI_MPATH_ACT_GONE);
	KUNIT_EXPECT_EQ(test, t->failed, 2);
}

/* A blocked device keeps its requests, and a lack of memory is nobody's fault. */
static void request_that_waits_keeps_waiting(struct kunit *test)
{
	static const blk_status_t statuses[] = {
		BLK_STS_RESOURCE, BLK_STS_DEV_RESOURCE, BLK_STS_AGAIN, BLK_STS_TARGET,
		BLK_STS_NOTSUPP, BLK_STS_TRANSPORT,
	};
	struct hooks_test *t = test->priv;
	unsigned int i;

	t->sdev->sdev_state = SDEV_BLOCK;
	for (i = 0; i < ARRAY_SIZE(statuses); i++)
		KUNIT_EXPECT_EQ(test, refuse(t, statuses[i]), (__force int)statuses[i]);
	KUNIT_EXPECT_EQ(test, t->failed, 0);
}

static void recovering_host_is_not_waited_for(struct kunit *test)
{
	struct hooks_test *t = test->priv;

	t->shost->shost_state = SHOST_RECOVERY;
	KUNIT_EXPECT_EQ(test, refuse_in_recovery(t), (__force int)BLK_STS_TRANSPORT);
	KUNIT_EXPECT_EQ(test, t->failed, 1);
	KUNIT_EXPECT_TRUE(test, t->failure.in_recovery);
}

static void event_reaches_the_path(struct kunit *test)
{
	struct hooks_test *t = test->priv;

	scsi_mpath_event(t->sdev, SCSI_MPATH_RESCANNED);
	KUNIT_EXPECT_EQ(test, t->events, 1);
	KUNIT_EXPECT_EQ(test, t->event, SCSI_MPATH_RESCANNED);
	scsi_mpath_set(t->sdev, NULL);
	scsi_mpath_event(t->sdev, SCSI_MPATH_STATE_CHANGED);
	KUNIT_EXPECT_EQ_MSG(test, t->events, 1, "a path that was untied got an event");
}

static struct kunit_case scsi_mpath_core_test_cases[] = {
	KUNIT_CASE(path_error_moves_on),
	KUNIT_CASE(target_error_passes_unchanged),
	KUNIT_CASE(other_commands_are_not_judged),
	KUNIT_CASE(flush_is_judged),
	KUNIT_CASE(immediate_retries_are_bounded),
	KUNIT_CASE(busy_device_is_left_after_a_while),
	KUNIT_CASE(reset_moves_on_whatever_was_decided),
	KUNIT_CASE(error_handling_comes_first),
	KUNIT_CASE(command_without_result_has_timed_out),
	KUNIT_CASE(retried_attempt_is_reported_if_it_says_something),
	KUNIT_CASE(second_opinion_is_believed),
	KUNIT_CASE(request_that_is_not_sent_moves_on),
	KUNIT_CASE(request_that_waits_keeps_waiting),
	KUNIT_CASE(recovering_host_is_not_waited_for),
	KUNIT_CASE(event_reaches_the_path),
	{}
};

static struct kunit_suite scsi_mpath_core_test_suite = {
	.name = "scsi_mpath_core",
	.init = hooks_test_init,
	.test_cases = scsi_mpath_core_test_cases,
};

kunit_test_suite(scsi_mpath_core_test_suite);

MODULE_DESCRIPTION("KUnit tests of the hooks of native SCSI multipath");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");

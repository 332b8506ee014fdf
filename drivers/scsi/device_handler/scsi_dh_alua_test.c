// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the ALUA device handler: what it makes of a reply, and that no request for one is
 * lost.
 *
 * The handler is compiled into the test, with its commands answered by the test. Devices are plain
 * memory.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

static int answer_command(struct scsi_device *sdev, const unsigned char *cdb, void *buf,
			  unsigned int len, const struct scsi_exec_args *args);
static int answer_tur(struct scsi_sense_hdr *sshdr);
static int get_device_late(struct scsi_device *sdev);

#define scsi_execute_cmd(sdev, cdb, opf, buf, len, timeout, retries, args) \
	((void)(opf), answer_command(sdev, cdb, buf, len, args))
#define scsi_test_unit_ready(sdev, timeout, retries, sshdr) answer_tur(sshdr)
#define scsi_device_get(sdev) get_device_late(sdev)
#if defined(CONFIG_SCSI_ALUA) && __has_include("../scsi_alua_cmd.c")
#define scsi_alua_query dh_test_query
#define scsi_alua_query_end dh_test_query_end
#define scsi_alua_tur dh_test_tur
#define scsi_alua_stpg dh_test_stpg
#define scsi_alua_read_port dh_test_read_port
#define scsi_alua_read_tpgs dh_test_read_tpgs
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(name)
#include "../scsi_alua_cmd.c"
#endif
#undef module_init
#undef module_exit
#define module_init(fn)
#define module_exit(fn) static void __maybe_unused not_used(void) { (void)alua_init; fn(); }
#include "scsi_dh_alua.c"

#define GROUP		0x0000
#define OTHER_GROUP	0x0005
#define TPGS_EXPLICIT	0x20
#define MAX_COMMANDS	50

static const u8 page_83[] = {
	0x00, 0x83, 0x00, 0x1c,
	0x01, 0x03, 0x00, 0x08, 0x50, 0x00, 0xc5, 0x00, 0xa1, 0xb2, 0xc3, 0xd4,
	0x01, 0x95, 0x00, 0x04, 0x00, 0x00, 0x00, GROUP,
	0x01, 0x94, 0x00, 0x04, 0x00, 0x00, 0x00, 0x01,
};

struct dh_test {
	struct scsi_host_template template;
	struct Scsi_Host shost;
	struct scsi_device sdev;
	unsigned char inquiry[96];
	struct scsi_vpd *vpd;
	/* How an RTPG is answered. */
	const u8 *reply;
	u32 reply_len;		/* bytes that are transferred */
	u32 declare;		/* if not 0, the length that the header declares */
	bool grow;		/* each reply declares more than there was room for */
	u8 sense_key;		/* if not 0, the sense of the first RTPG */
	struct scsi_sense_hdr *sense_meanwhile;	/* of I/O, while the next RTPG is under way */
	unsigned int commands;
	bool garbage_in_tur;
	bool detached_meanwhile;
	/* Who holds the lock of a group while a command is under way. */
	struct alua_port_group *hold;
	struct completion held;
	struct completion seen;
	unsigned int flags_seen;
	int state_seen;
};

static struct dh_test *the_test;

static void hold_lock(struct dh_test *t);
static void sense_comes(struct dh_test *t);

static void fail_with_sense(u8 key, const struct scsi_exec_args *args)
{
	u8 sense[SCSI_SENSE_BUFFERSIZE] = { 0x70, 0x00, key, [7] = 10, [12] = 0x24 };

	if (args->sense)
		memcpy(args->sense, sense, sizeof(sense));
	if (args->sshdr)
		scsi_normalize_sense(sense, sizeof(sense), args->sshdr);
}

static int answer_command(struct scsi_device *sdev, const unsigned char *cdb, void *buf,
			  unsigned int len, const struct scsi_exec_args *args)
{
	struct dh_test *t = the_test;
	u32 n = min(len, t->reply_len);

	if (++t->commands > MAX_COMMANDS)
		return -EIO;
	if (args->resid)
		*args->resid = 0;
	if (cdb[0] == TEST_UNIT_READY)
		return -ENODEV;
	if (cdb[0] != MAINTENANCE_IN)
		return 0;
	if (t->hold)
		hold_lock(t);
	if (t->sense_meanwhile)
		sense_comes(t);
	if (t->sense_key && t->commands == 1) {
		fail_with_sense(t->sense_key, args);
		return SAM_STAT_CHECK_CONDITION;
	}
	/* As scsi_execute_cmd() does. */
	memcpy(buf, t->reply, n);
	memset(buf + n, 0, len - n);
	if (args->resid)
		*args->resid = len - n;
	if (t->grow)
		put_unaligned_be32(len, buf);
	else if (t->declare)
		put_unaligned_be32(t->declare, buf);
	return 0;
}

static int __maybe_unused answer_tur(struct scsi_sense_hdr *sshdr)
{
	the_test->garbage_in_tur = memchr_inv(sshdr, 0, sizeof(*sshdr));
	return -ENODEV;
}

/* A detach or a rescan comes between the look at the device's group and the call for its work. */
static int get_device_late(struct scsi_device *sdev)
{
	if (the_test->detached_meanwhile)
		sdev->handler_data = NULL;
	get_device(&sdev->sdev_gendev);
	return 0;
}

/* Lock of a group, held by another CPU until the handler has had time to go on without it. */
static int holder(void *data)
{
	struct dh_test *t = data;
	struct alua_port_group *pg = t->hold;
	unsigned long flags;

	spin_lock_irqsave(&pg->lock, flags);
	complete(&t->held);
	mdelay(20);
	t->flags_seen = pg->flags;
	t->state_seen = pg->state;
	spin_unlock_irqrestore(&pg->lock, flags);
	complete(&t->seen);
	return 0;
}

static void hold_lock(struct dh_test *t)
{
	struct task_struct *task = kthread_create(holder, t, "holder");

	if (IS_ERR(task))
		return;
	kthread_bind(task, cpumask_any_but(cpu_online_mask, raw_smp_processor_id()));
	wake_up_process(task);
	wait_for_completion(&t->held);
	t->hold = NULL;
}

static void sense_comes(struct dh_test *t)
{
	alua_check_sense(&t->sdev, t->sense_meanwhile);
	t->sense_meanwhile = NULL;
}

static void need_two_cpus(struct kunit *test)
{
	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs, has %u", num_online_cpus());
}

static void release_nothing(struct device *dev)
{
}

static struct alua_port_group *group_of(struct dh_test *t)
{
	struct alua_dh_data *h = t->sdev.handler_data;

	return rcu_dereference_protected(h->pg, true);
}

/* Attach the handler, and let it know the state. */
static struct alua_port_group *attach(struct kunit *test)
{
	struct dh_test *t = test->priv;
	struct alua_port_group *pg;

	KUNIT_ASSERT_EQ(test, alua_bus_attach(&t->sdev), SCSI_DH_OK);
	pg = group_of(t);
	flush_delayed_work(&pg->rtpg_work);
	alua_rtpg(&t->sdev, pg);
	KUNIT_ASSERT_EQ(test, pg->state, SCSI_ACCESS_STATE_STANDBY);
	t->commands = 0;
	return pg;
}

static void detach(void *data)
{
	struct dh_test *t = data;

	if (t->sdev.handler_data) {
		flush_delayed_work(&group_of(t)->rtpg_work);
		alua_bus_detach(&t->sdev);
	}
	destroy_workqueue(kaluad_wq);
	kaluad_wq = NULL;
}

/* Header, then one group in a state, with one port. */
#define GROUP_DESC(state, id) (state), 0x0f, 0x00, (id), 0x00, 0x00, 0x00, 0x01, \
			      0x00, 0x00, 0x00, 0x01

static const u8 standby[] = { 0, 0, 0, 12, GROUP_DESC(0x02, GROUP) };

static int dh_init(struct kunit *test)
{
	struct dh_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->vpd = kunit_kzalloc(test, sizeof(*t->vpd) + sizeof(page_83), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->vpd);
	t->vpd->len = sizeof(page_83);
	memcpy(t->vpd->data, page_83, sizeof(page_83));
	t->shost.hostt = &t->template;
	t->inquiry[5] = TPGS_EXPLICIT;
	t->sdev.host = &t->shost;
	t->sdev.inquiry = t->inquiry;
	t->sdev.type = TYPE_DISK;
	t->sdev.sdev_state = SDEV_RUNNING;
	RCU_INIT_POINTER(t->sdev.vpd_pg83, t->vpd);
	device_initialize(&t->sdev.sdev_gendev);
	t->sdev.sdev_gendev.release = release_nothing;
	init_completion(&t->held);
	init_completion(&t->seen);
	t->reply = standby;
	t->reply_len = sizeof(standby);
	test->priv = t;
	the_test = t;
	kaluad_wq = alloc_workqueue("kaluad_test", WQ_MEM_RECLAIM | WQ_PERCPU, 0);
	KUNIT_ASSERT_NOT_NULL(test, kaluad_wq);
	return kunit_add_action_or_reset(test, detach, t);
}

/* Two things that the handler does as long as the SCSI core does not. */
static void need_handler_alone(struct kunit *test)
{
	if (IS_ENABLED(CONFIG_SCSI_ALUA))
		kunit_skip(test, "the SCSI core does it");
}

static void device_is_asked_when_attached(struct kunit *test)
{
	struct dh_test *t = test->priv;

	need_handler_alone(test);
	KUNIT_ASSERT_EQ(test, alua_bus_attach(&t->sdev), SCSI_DH_OK);
	flush_delayed_work(&group_of(t)->rtpg_work);
	KUNIT_EXPECT_GT(test, t->commands, 0);
	KUNIT_EXPECT_EQ(test, t->sdev.access_state, SCSI_ACCESS_STATE_STANDBY);
}

/* An RTPG that is under way may have been answered before the transition began. */
static void transition_is_asked_for(struct kunit *test)
{
	struct scsi_sense_hdr changed = {
		.response_code = 0x70,
		.sense_key = UNIT_ATTENTION,
		.asc = 0x2a,
		.ascq = 0x06,
	};
	struct scsi_sense_hdr transition = {
		.response_code = 0x70,
		.sense_key = NOT_READY,
		.asc = 0x04,
		.ascq = 0x0a,
	};
	struct dh_test *t = test->priv;
	struct alua_port_group *pg;

	need_handler_alone(test);
	pg = attach(test);
	t->sense_meanwhile = &transition;
	alua_check_sense(&t->sdev, &changed);
	flush_delayed_work(&pg->rtpg_work);
	flush_delayed_work(&pg->rtpg_work);
	KUNIT_EXPECT_EQ(test, t->commands, 2);
}

static void activated(void *data, int err)
{
	*(int *)data = err;
}

/* Who is not called back waits for ever. */
static void activation_without_work_ends(struct kunit *test)
{
	struct alua_port_group *pg = attach(test);
	struct dh_test *t = test->priv;
	void *handler_data = t->sdev.handler_data;
	int err = -1;

	t->detached_meanwhile = true;
	alua_activate(&t->sdev, activated, &err);
	flush_delayed_work(&pg->rtpg_work);
	KUNIT_EXPECT_EQ(test, err, SCSI_DH_DEV_OFFLINED);
	KUNIT_EXPECT_TRUE(test, list_empty(&pg->rtpg_list));
	INIT_LIST_HEAD(&pg->rtpg_list);
	t->sdev.handler_data = handler_data;
}

static void flags_are_changed_under_the_lock(struct kunit *test)
{
	struct alua_port_group *pg = attach(test);
	struct dh_test *t = test->priv;

	need_two_cpus(test);
	pg->flags &= ~ALUA_RTPG_EXT_HDR_UNSUPP;
	t->sense_key = ILLEGAL_REQUEST;
	t->hold = pg;
	alua_rtpg(&t->sdev, pg);
	wait_for_completion(&t->seen);
	KUNIT_EXPECT_EQ(test, t->flags_seen & ALUA_RTPG_EXT_HDR_UNSUPP, 0);
	KUNIT_EXPECT_NE(test, pg->flags & ALUA_RTPG_EXT_HDR_UNSUPP, 0);
}

static void locked_group_has_its_update(struct kunit *test)
{
	static const u8 optimized[] = { 0, 0, 0, 12, GROUP_DESC(0x00, GROUP) };
	struct alua_port_group *pg = attach(test);
	struct dh_test *t = test->priv;

	need_two_cpus(test);
	t->reply = optimized;
	t->hold = pg;
	alua_rtpg(&t->sdev, pg);
	wait_for_completion(&t->seen);
	KUNIT_EXPECT_EQ(test, t->state_seen, SCSI_ACCESS_STATE_STANDBY);
	KUNIT_EXPECT_EQ(test, pg->state, SCSI_ACCESS_STATE_OPTIMAL);
}

/* A length that is negative, or wraps, is no empty list. */
static void absurd_length_is_an_error(struct kunit *test)
{
	static const u32 lengths[] = { 0x7fffffff, 0xfffffffc, 0xffffffff, 0x00100000 };
	struct alua_port_group *pg = attach(test);
	struct dh_test *t = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		t->declare = lengths[i];
		KUNIT_EXPECT_EQ_MSG(test, alua_rtpg(&t->sdev, pg), SCSI_DH_IO, "length %#x",
				    lengths[i]);
	}
}

static void growing_length_is_not_followed(struct kunit *test)
{
	struct alua_port_group *pg = attach(test);
	struct dh_test *t = test->priv;

	t->grow = true;
	alua_rtpg(&t->sdev, pg);
	KUNIT_EXPECT_LE(test, t->commands, 4);
}

/* What was not transferred is no group 0 that is active/optimized. */
static void missing_bytes_are_no_group(struct kunit *test)
{
	struct alua_port_group *pg = attach(test);
	struct dh_test *t = test->priv;

	t->declare = 40;
	t->reply_len = 4;
	alua_rtpg(&t->sdev, pg);
	KUNIT_EXPECT_EQ(test, pg->state, SCSI_ACCESS_STATE_STANDBY);
}

/* The last descriptor is cut behind its group. */
static void cut_descriptor_is_no_group(struct kunit *test)
{
	static const u8 cut[] = { 0, 0, 0, 16, GROUP_DESC(0x01, OTHER_GROUP),
				  0x01, 0x0f, 0x00, GROUP };
	struct alua_port_group *pg = attach(test);
	struct dh_test *t = test->priv;

	t->reply = cut;
	t->reply_len = sizeof(cut);
	alua_rtpg(&t->sdev, pg);
	KUNIT_EXPECT_EQ(test, pg->state, SCSI_ACCESS_STATE_STANDBY);
}

static noinline void dirty_stack(void)
{
	volatile u8 dirt[1024];
	unsigned int i;

	for (i = 0; i < sizeof(dirt); i++)
		dirt[i] = NOT_READY;
}

/* A command that was not executed leaves no sense data. */
static void sense_of_a_failed_tur_is_empty(struct kunit *test)
{
	struct dh_test *t = test->priv;

	if (IS_ENABLED(CONFIG_INIT_STACK_ALL_ZERO) || IS_ENABLED(CONFIG_INIT_STACK_ALL_PATTERN))
		kunit_skip(test, "the compiler initialises the stack");
	dirty_stack();
	KUNIT_EXPECT_EQ(test, alua_tur(&t->sdev), SCSI_DH_IO);
	KUNIT_EXPECT_FALSE(test, t->garbage_in_tur);
}

static void put_group(struct timer_list *timer)
{
	kref_put(&group_of(the_test)->kref, release_port_group);
}

/* The last reference may be put by an interrupt; lockdep says whether that is right. */
static void group_may_be_released_in_an_interrupt(struct kunit *test)
{
	struct dh_test *t = test->priv;
	struct timer_list timer;

	attach(test);

	/* The timer takes the reference of the handler's data. */
	list_del_init(&((struct alua_dh_data *)t->sdev.handler_data)->node);
	timer_setup_on_stack(&timer, put_group, 0);
	mod_timer(&timer, jiffies);
	while (timer_pending(&timer))
		cpu_relax();
	timer_delete_sync(&timer);
	timer_destroy_on_stack(&timer);
	RCU_INIT_POINTER(((struct alua_dh_data *)t->sdev.handler_data)->pg, NULL);
	kfree(t->sdev.handler_data);
	t->sdev.handler_data = NULL;
	KUNIT_EXPECT_TRUE(test, list_empty(&port_group_list));
}

static struct kunit_case dh_cases[] = {
	KUNIT_CASE(device_is_asked_when_attached),
	KUNIT_CASE(activation_without_work_ends),
	KUNIT_CASE(flags_are_changed_under_the_lock),
	KUNIT_CASE(locked_group_has_its_update),
	KUNIT_CASE(absurd_length_is_an_error),
	KUNIT_CASE(growing_length_is_not_followed),
	KUNIT_CASE(transition_is_asked_for),
	KUNIT_CASE(missing_bytes_are_no_group),
	KUNIT_CASE(cut_descriptor_is_no_group),
	KUNIT_CASE(sense_of_a_failed_tur_is_empty),
	KUNIT_CASE(group_may_be_released_in_an_interrupt),
	{}
};

static struct kunit_suite dh_suite = {
	.name = "scsi_dh_alua",
	.init = dh_init,
	.test_cases = dh_cases,
};

kunit_test_suite(dh_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");

// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the end of heads: when it comes, what it does to I/O, and that nothing is left.
 */
#include <kunit/test.h>
#include <linux/blkdev.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>
#include "test_disk.h"

#define SOON_MS		2000
#define LATE_MS		10000

static struct test_head *one_path(struct kunit *test, struct test_path **a)
{
	*a = test_path_make(test, NULL, TEST_SECTORS);
	return test_head_make(test, NULL, *a);
}

static bool is_closing(struct test_head *th)
{
	return test_bit(MPATH_HEAD_CLOSING, &th->head.flags);
}

/* The last path takes the head with it; the one before does not. */
static void last_path_removes_head(struct kunit *test)
{
	struct test_path *a, *b = test_path_make(test, NULL, TEST_SECTORS);
	struct test_head *th = one_path(test, &a);

	test_path_join(test, th, b);
	test_path_leave(a);
	KUNIT_EXPECT_FALSE(test, test_wait_for(is_closing(th), 50));
	test_path_leave(b);
	KUNIT_EXPECT_TRUE(test, test_wait_for(is_closing(th), SOON_MS));
	KUNIT_EXPECT_FALSE(test, completion_done(&th->freed));
	test_head_remove(test, th);
}

/* A path that is about to join keeps the head, from its init on. */
static void coming_path_keeps_head(struct kunit *test)
{
	struct test_path *a, *b = test_path_make(test, NULL, TEST_SECTORS);
	struct test_head *th = one_path(test, &a);

	KUNIT_ASSERT_EQ(test, mpath_path_init(&b->path, &th->head, b->disk->part0,
					      NUMA_NO_NODE), 0);
	test_path_leave(a);
	KUNIT_EXPECT_FALSE(test, test_wait_for(is_closing(th), 50));
	mpath_path_exit(&b->path);
	KUNIT_EXPECT_TRUE(test, test_wait_for(is_closing(th), SOON_MS));
	KUNIT_EXPECT_EQ(test, mpath_path_init(&b->path, &th->head, b->disk->part0, NUMA_NO_NODE),
			-ENODEV);
}

/* A path that comes within the time calls the removal off; the time begins anew with the next. */
static void delayed_removal_is_called_off(struct kunit *test)
{
	struct test_path *a, *b = test_path_make(test, NULL, TEST_SECTORS);
	struct test_head *th = one_path(test, &a);
	unsigned long left;

	mpath_head_set_delayed_removal(&th->head, 60);
	test_path_leave(a);
	test_path_join(test, th, b);
	flush_delayed_work(&th->head.remove_work);
	KUNIT_EXPECT_FALSE(test, is_closing(th));
	mpath_head_set_delayed_removal(&th->head, 1);
	left = jiffies;
	test_path_leave(b);
	KUNIT_EXPECT_TRUE(test, test_wait_for(is_closing(th), LATE_MS));
	KUNIT_EXPECT_GE(test, jiffies - left, HZ);
}

/* The time is over at the moment when another last path leaves: it begins anew all the same. */
static void removal_under_way_is_called_off(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);
	struct delayed_work *work = &th->head.remove_work;

	mpath_head_set_delayed_removal(&th->head, 60);
	test_path_leave(a);
	scoped_guard(mutex, &th->head.lock) {
		mod_delayed_work(system_dfl_wq, work, 0);
		KUNIT_EXPECT_TRUE(test, test_wait_for(!delayed_work_pending(work), SOON_MS));
		mod_delayed_work(system_dfl_wq, work, 60 * HZ);
	}
	flush_work(&work->work);
	KUNIT_EXPECT_FALSE(test, is_closing(th));
}

/* Writing 0 brings a pending removal forward, and other values put it off. */
static void delay_can_be_changed(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);

	mpath_head_set_delayed_removal(&th->head, 20);
	test_path_leave(a);
	mpath_head_set_delayed_removal(&th->head, 60);
	KUNIT_EXPECT_TRUE(test, time_after(th->head.remove_work.timer.expires, jiffies + 30 * HZ));
	KUNIT_EXPECT_FALSE(test, is_closing(th));
	mpath_head_set_delayed_removal(&th->head, 0);
	KUNIT_EXPECT_TRUE(test, test_wait_for(is_closing(th), SOON_MS));
}

/* While a path is there, changing the delay removes nothing. */
static void delay_does_not_touch_used_head(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);

	mpath_head_set_delayed_removal(&th->head, 60);
	mpath_head_set_delayed_removal(&th->head, 0);
	KUNIT_EXPECT_FALSE(test, test_wait_for(is_closing(th), 50));
}

/* Bios that wait when the head goes end with EIO; the removal does not hang on them. */
static void removal_ends_waiting(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);
	struct test_bio *tb[8];
	unsigned int i;

	a->may_return_ms = LATE_MS;
	a->hold = true;
	tb[0] = test_bio_submit(test, th, REQ_OP_WRITE, 0);
	test_path_set_state(a, MPATH_PENDING);
	for (i = 1; i < ARRAY_SIZE(tb); i++)
		tb[i] = test_bio_submit(test, th, REQ_OP_WRITE, i);
	test_path_release_held(a, BLK_STS_TRANSPORT);
	flush_delayed_work(&th->head.requeue_work);
	KUNIT_EXPECT_FALSE(test, completion_done(&tb[0]->done));
	mpath_head_remove(&th->head);
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb[i], SOON_MS), STATUS(BLK_STS_IOERR));
	/* Who comes later is refused at once. */
	tb[0] = test_bio_submit(test, th, REQ_OP_WRITE, 0);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb[0], SOON_MS), STATUS(BLK_STS_IOERR));
}

/* A path that comes does not call a removal off that does not wait for the last path. */
static void forced_removal_is_final(struct kunit *test)
{
	struct test_path *a, *b = test_path_make(test, NULL, TEST_SECTORS);
	struct test_head *th = one_path(test, &a);
	int ret;

	mpath_head_remove(&th->head);
	ret = mpath_path_init(&b->path, &th->head, b->disk->part0, NUMA_NO_NODE);
	KUNIT_EXPECT_EQ(test, ret, -ENODEV);
	if (!ret)
		mpath_path_exit(&b->path);
	KUNIT_EXPECT_TRUE(test, test_wait_for(is_closing(th), SOON_MS));
}

/* A path that was killed before it joined does not join. */
static void killed_path_does_not_join(struct kunit *test)
{
	struct test_path *a, *b = test_path_make(test, NULL, TEST_SECTORS);
	struct test_head *th = one_path(test, &a);

	KUNIT_ASSERT_EQ(test, mpath_path_init(&b->path, &th->head, b->disk->part0,
					      NUMA_NO_NODE), 0);
	mpath_path_kill(&b->path);
	KUNIT_EXPECT_EQ(test, mpath_path_join(&b->path), -ENODEV);
	mpath_path_leave(&b->path);
	mpath_path_exit(&b->path);
}

/* A path may outlive the disk: bios that it still has are ended, then the head goes. */
static void path_outlives_disk(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);
	struct test_bio *tb;

	a->hold = true;
	tb = test_bio_submit(test, th, REQ_OP_WRITE, 0);
	mpath_head_remove(&th->head);
	KUNIT_EXPECT_TRUE(test, test_wait_for(!test_bit(MPATH_HEAD_LIVE, &th->head.flags),
					      SOON_MS));
	mpath_flush();
	KUNIT_EXPECT_FALSE(test, completion_done(&tb->done));
	test_path_release_held(a, BLK_STS_TRANSPORT);
	flush_delayed_work(&th->head.requeue_work);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS), STATUS(BLK_STS_IOERR));
	KUNIT_EXPECT_FALSE(test, completion_done(&th->freed));
}

/* A head whose disk was never added goes too: after removal, and with its first path. */
static void head_without_added_disk_ends(struct kunit *test)
{
	struct test_path *a = test_path_make(test, NULL, TEST_SECTORS);
	struct test_head *donor = test_head_make(test, NULL, a);
	struct test_head *th = kunit_kzalloc(test, sizeof(*th), GFP_KERNEL);
	struct test_path *b = test_path_make(test, NULL, TEST_SECTORS);

	KUNIT_ASSERT_NOT_NULL(test, th);
	init_completion(&th->freed);
	KUNIT_ASSERT_EQ(test, mpath_head_init(&th->head, donor->head.ops, NULL), 0);
	KUNIT_ASSERT_EQ(test, mpath_head_alloc_disk(&th->head, b->disk->part0, NUMA_NO_NODE), 0);
	KUNIT_ASSERT_EQ(test, mpath_path_init(&b->path, &th->head, b->disk->part0,
					      NUMA_NO_NODE), 0);
	mpath_path_exit(&b->path);
	mpath_head_put(&th->head);
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&th->freed, HZ * 10), 0);
	mpath_flush();

	/* One that never had a disk. */
	memset(&th->head, 0, sizeof(th->head));
	reinit_completion(&th->freed);
	KUNIT_ASSERT_EQ(test, mpath_head_init(&th->head, donor->head.ops, NULL), 0);
	mpath_head_remove(&th->head);
	mpath_head_put(&th->head);
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&th->freed, HZ * 10), 0);
	mpath_flush();
}

/* No policy of this name: nothing is left behind. */
static void unknown_policy_is_refused(struct kunit *test)
{
	struct mpath_head *head = kunit_kzalloc(test, sizeof(*head), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, head);
	KUNIT_EXPECT_EQ(test, mpath_head_init(head, NULL, "numb"), -EINVAL);
}

/* A head takes MPATH_MAX_PATHS paths and not one more. */
static void number_of_paths_is_bounded(struct kunit *test)
{
	struct test_path *a, *tp;
	struct test_head *th = one_path(test, &a);
	struct mpath_path *extra = kunit_kzalloc(test, sizeof(*extra), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, extra);
	for (i = 1; i < MPATH_MAX_PATHS; i++) {
		tp = test_path_make(test, NULL, TEST_SECTORS);
		test_path_join(test, th, tp);
		KUNIT_EXPECT_EQ(test, tp->path.index, i);
	}
	KUNIT_EXPECT_EQ(test, mpath_path_init(extra, &th->head, a->disk->part0, NUMA_NO_NODE),
			-ENOSPC);
	test_path_leave(a);
	KUNIT_EXPECT_EQ(test, mpath_path_init(extra, &th->head, a->disk->part0, NUMA_NO_NODE), 0);
	KUNIT_EXPECT_EQ(test, extra->index, 0);
	mpath_path_exit(extra);
}

struct storm {
	struct kunit *test;
	struct test_head *th;
	atomic_t ok, failed, flying;
};

static void storm_end_io(struct bio *bio)
{
	struct storm *storm = bio->bi_private;

	atomic_inc(bio->bi_status ? &storm->failed : &storm->ok);
	bio_put(bio);
	atomic_dec(&storm->flying);
}

static int storm_thread(void *data)
{
	struct storm *storm = data;
	struct block_device *bdev = storm->th->head.disk->part0;
	sector_t sector = 0;

	while (!kthread_should_stop()) {
		struct bio *bio = bio_alloc(bdev, 1, REQ_OP_WRITE, GFP_KERNEL);

		bio->bi_iter.bi_sector = sector++ % TEST_SECTORS;
		bio->bi_end_io = storm_end_io;
		bio->bi_private = storm;
		__bio_add_page(bio, ZERO_PAGE(0), SECTOR_SIZE, 0);
		atomic_inc(&storm->flying);
		submit_bio_noacct(bio);
		cond_resched();
		if (!(sector % 64))
			schedule_timeout_uninterruptible(1);
	}
	return 0;
}

/* Paths fail, leave and join under I/O, for a while without any: no bio is lost or ends badly. */
static void paths_come_and_go_under_io(struct kunit *test)
{
	struct storm storm = { .test = test };
	struct task_struct *threads[2];
	struct test_path *paths[3];
	unsigned int i, round;

	for (i = 0; i < ARRAY_SIZE(paths); i++)
		paths[i] = test_path_make(test, NULL, TEST_SECTORS);
	storm.th = test_head_make(test, "round-robin", paths[0]);
	mpath_head_set_delayed_removal(&storm.th->head, 60);
	for (i = 1; i < ARRAY_SIZE(paths); i++)
		test_path_join(test, storm.th, paths[i]);
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i] = kthread_run(storm_thread, &storm, "mpath_storm");
		KUNIT_ASSERT_FALSE(test, IS_ERR(threads[i]));
	}
	for (round = 0; round < 63; round++) {
		struct test_path *tp = paths[round % ARRAY_SIZE(paths)];

		switch (round / ARRAY_SIZE(paths) % 3) {
		case 0:
			WRITE_ONCE(tp->status, BLK_STS_TRANSPORT);
			schedule_timeout_uninterruptible(1);
			test_path_set_state(tp, MPATH_GONE);
			WRITE_ONCE(tp->status, BLK_STS_OK);
			schedule_timeout_uninterruptible(1);
			test_path_set_state(tp, MPATH_OPTIMIZED);
			break;
		case 1:
			WRITE_ONCE(tp->hold, true);
			schedule_timeout_uninterruptible(1);
			test_path_leave(tp);
			tp->status = BLK_STS_OK;
			break;
		default:
			test_path_join(test, storm.th, tp);
			break;
		}
		schedule_timeout_uninterruptible(1);
	}
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		kthread_stop(threads[i]);
	KUNIT_EXPECT_TRUE(test, test_wait_for(!atomic_read(&storm.flying), LATE_MS));
	KUNIT_EXPECT_EQ(test, atomic_read(&storm.failed), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&storm.ok), 0);
	kunit_info(test, "%d bios\n", atomic_read(&storm.ok));
	/* The last decrement is followed by a few instructions of a thread that was stopped. */
	synchronize_rcu();
}

static struct kunit_case remove_tests[] = {
	KUNIT_CASE(last_path_removes_head),
	KUNIT_CASE(coming_path_keeps_head),
	KUNIT_CASE_SLOW(delayed_removal_is_called_off),
	KUNIT_CASE(removal_under_way_is_called_off),
	KUNIT_CASE(delay_can_be_changed),
	KUNIT_CASE(delay_does_not_touch_used_head),
	KUNIT_CASE(removal_ends_waiting),
	KUNIT_CASE(forced_removal_is_final),
	KUNIT_CASE(killed_path_does_not_join),
	KUNIT_CASE(path_outlives_disk),
	KUNIT_CASE(head_without_added_disk_ends),
	KUNIT_CASE(unknown_policy_is_refused),
	KUNIT_CASE(number_of_paths_is_bounded),
	KUNIT_CASE(paths_come_and_go_under_io),
	{}
};

static struct kunit_suite remove_suite = {
	.name = "multipath_remove",
	.test_cases = remove_tests,
};

kunit_test_suite(remove_suite);

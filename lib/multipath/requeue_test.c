// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the way of a bio: failover, waiting, and the bounds of both.
 */
#include <kunit/test.h>
#include <linux/blkdev.h>
#include "test_disk.h"

/* Long enough for a work to run on a loaded machine, shorter than a poll for paths. */
#define SOON_MS		800
#define LATE_MS		10000

static struct test_head *two_paths(struct kunit *test, struct test_path **a, struct test_path **b)
{
	struct test_head *th;

	*a = test_path_make(test, NULL, TEST_SECTORS);
	*b = test_path_make(test, NULL, TEST_SECTORS);
	th = test_head_make(test, "numa", *a);
	test_path_join(test, th, *b);
	return th;
}

static struct test_head *one_path(struct kunit *test, struct test_path **a)
{
	*a = test_path_make(test, NULL, TEST_SECTORS);
	return test_head_make(test, "numa", *a);
}

static const struct status_case {
	const char *name;
	blk_status_t status;
	bool moved, moved_if_killed, moved_beyond_end;
} status_cases[] = {
	{ "transport",		BLK_STS_TRANSPORT,	true,  true,  true },
	{ "offline",		BLK_STS_OFFLINE,	true,  true,  true },
	{ "I/O",		BLK_STS_IOERR,		false, true,  true },
	{ "not supported",	BLK_STS_NOTSUPP },
	{ "timeout",		BLK_STS_TIMEOUT },
	{ "no space",		BLK_STS_NOSPC },
	{ "target",		BLK_STS_TARGET },
	{ "reservation",	BLK_STS_RESV_CONFLICT },
	{ "medium",		BLK_STS_MEDIUM },
	{ "protection",		BLK_STS_PROTECTION },
	{ "resource",		BLK_STS_RESOURCE },
	{ "again",		BLK_STS_AGAIN },
	{ "device resource",	BLK_STS_DEV_RESOURCE },
	{ "zone open",		BLK_STS_ZONE_OPEN_RESOURCE },
	{ "zone active",	BLK_STS_ZONE_ACTIVE_RESOURCE },
	{ "duration limit",	BLK_STS_DURATION_LIMIT },
	{ "invalid",		BLK_STS_INVAL },
};

KUNIT_ARRAY_PARAM_DESC(status, status_cases, name);

/* The status alone decides, but for an I/O error that the block layer made. */
static void status_decides(struct kunit *test)
{
	const struct status_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, mpath_status_is_path_error(c->status, false, false), c->moved);
	KUNIT_EXPECT_EQ(test, mpath_status_is_path_error(c->status, true, false),
			c->moved_if_killed);
	KUNIT_EXPECT_EQ(test, mpath_status_is_path_error(c->status, false, true),
			c->moved_beyond_end);
}

/* What is moved is done by the other path; what is not reaches the submitter unchanged. */
static void bio_is_moved_or_passed_up(struct kunit *test)
{
	const struct status_case *c = test->param_value;
	struct mpath_path_stats sum;
	struct test_path *a, *b;
	struct test_head *th = two_paths(test, &a, &b);
	struct test_bio *tb;

	a->status = c->status;
	tb = test_bio_submit(test, th, REQ_OP_WRITE, 8);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS),
			c->moved ? 0 : STATUS(c->status));
	KUNIT_EXPECT_EQ(test, atomic_read(&a->seen), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&b->seen), c->moved ? 1 : 0);
	mpath_path_read_stats(&a->path, &sum);
	KUNIT_EXPECT_EQ(test, sum.errors, c->moved);
	KUNIT_EXPECT_EQ(test, sum.passed_up, !c->moved);
	KUNIT_EXPECT_EQ(test, sum.ios[WRITE], 0);
	KUNIT_EXPECT_EQ(test, sum.started, sum.finished);
}

static const struct op_case {
	const char *name;
	blk_opf_t opf;
} op_cases[] = {
	{ "read", REQ_OP_READ },
	{ "write", REQ_OP_WRITE },
	{ "write with flush", REQ_OP_WRITE | REQ_PREFLUSH },
	{ "write with FUA", REQ_OP_WRITE | REQ_FUA },
	{ "discard", REQ_OP_DISCARD },
	{ "write zeroes", REQ_OP_WRITE_ZEROES },
};

KUNIT_ARRAY_PARAM_DESC(op, op_cases, name);

/* Every operation survives the loss of its path, as the same operation. */
static void every_operation_moves(struct kunit *test)
{
	static const struct queue_limits lim = {
		.features = BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA,
		.max_hw_discard_sectors = 1024,
		.max_write_zeroes_sectors = 1024,
		.discard_granularity = 512,
	};
	const struct op_case *c = test->param_value;
	struct test_path *a = test_path_make(test, &lim, TEST_SECTORS);
	struct test_path *b = test_path_make(test, &lim, TEST_SECTORS);
	struct test_head *th = test_head_make(test, "numa", a);
	struct test_bio *tb;
	struct bio *bio;

	test_path_join(test, th, b);
	a->status = BLK_STS_TRANSPORT;
	b->hold = true;
	tb = test_bio_submit(test, th, c->opf, 16);
	KUNIT_ASSERT_TRUE(test, test_wait_for(atomic_read(&b->seen), SOON_MS));
	scoped_guard(spinlock_irqsave, &b->lock)
		bio = bio_list_peek(&b->held);
	KUNIT_EXPECT_EQ(test, (__force u32)(bio->bi_opf & (REQ_OP_MASK | REQ_PREFLUSH | REQ_FUA)),
			(__force u32)c->opf);
	KUNIT_EXPECT_EQ(test, bio->bi_iter.bi_sector, 16);
	KUNIT_EXPECT_EQ(test, bio_sectors(bio), 1);
	KUNIT_EXPECT_EQ(test, test_path_release_held(b, BLK_STS_OK), 1);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS), STATUS(BLK_STS_OK));
}

/* An I/O error on a path that is being removed is the removal's, so the bio is moved. */
static void error_of_killed_path_moves(struct kunit *test)
{
	struct test_path *a, *b;
	struct test_head *th = two_paths(test, &a, &b);
	struct test_bio *tb;

	a->hold = true;
	tb = test_bio_submit(test, th, REQ_OP_READ, 0);
	KUNIT_ASSERT_EQ(test, atomic_read(&a->seen), 1);
	mpath_path_kill(&a->path);
	KUNIT_EXPECT_EQ(test, test_path_release_held(a, BLK_STS_IOERR), 1);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS), STATUS(BLK_STS_OK));
	KUNIT_EXPECT_EQ(test, atomic_read(&b->seen), 1);
}

/* A path that leaves waits for its bios, which are done elsewhere; nothing points to it then. */
static void leaving_path_hands_over(struct kunit *test)
{
	struct test_path *a, *b;
	struct test_head *th = two_paths(test, &a, &b);
	struct test_bio *tb[8];
	unsigned int i;

	a->hold = true;
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		tb[i] = test_bio_submit(test, th, REQ_OP_WRITE, i);
	test_path_leave(a);
	KUNIT_EXPECT_TRUE(test, !rcu_access_pointer(th->head.by_index[0]));
	KUNIT_EXPECT_FALSE(test, test_bit(0, th->head.path_ids));
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb[i], SOON_MS), STATUS(BLK_STS_OK));
	KUNIT_EXPECT_EQ(test, atomic_read(&b->seen), ARRAY_SIZE(tb));
}

/* Order is kept by bios that failed, through several passes of the work. */
static void failed_bios_keep_order(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);
	struct test_bio *tb[16];
	unsigned int i;

	a->hold = true;
	a->may_return_ms = LATE_MS;
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		tb[i] = test_bio_submit(test, th, REQ_OP_WRITE, i);
	test_path_set_state(a, MPATH_PENDING);
	KUNIT_EXPECT_EQ(test, test_path_release_held(a, BLK_STS_TRANSPORT), ARRAY_SIZE(tb));
	for (i = 0; i < 5; i++) {
		mpath_head_kick(&th->head);
		flush_delayed_work(&th->head.requeue_work);
	}
	th->nr_arrivals = 0;
	a->status = BLK_STS_OK;
	test_path_set_state(a, MPATH_OPTIMIZED);
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb[i], SOON_MS), STATUS(BLK_STS_OK));
	KUNIT_ASSERT_EQ(test, th->nr_arrivals, ARRAY_SIZE(tb));
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		KUNIT_EXPECT_EQ(test, th->arrivals[i], i);
}

/* Order is kept by bios that no path has seen; those that failed on one go before them. */
static void parked_bios_keep_order(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);
	struct test_bio *tb[16];
	unsigned int i;

	a->may_return_ms = LATE_MS;
	a->hold = true;
	tb[0] = test_bio_submit(test, th, REQ_OP_WRITE, 0);
	test_path_set_state(a, MPATH_PENDING);
	for (i = 1; i < ARRAY_SIZE(tb); i++) {
		tb[i] = test_bio_submit(test, th, REQ_OP_WRITE, i);
		flush_delayed_work(&th->head.requeue_work);
	}
	test_path_release_held(a, BLK_STS_TRANSPORT);
	flush_delayed_work(&th->head.requeue_work);
	th->nr_arrivals = 0;
	a->status = BLK_STS_OK;
	test_path_set_state(a, MPATH_OPTIMIZED);
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb[i], SOON_MS), STATUS(BLK_STS_OK));
	KUNIT_ASSERT_EQ(test, th->nr_arrivals, ARRAY_SIZE(tb));
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		KUNIT_EXPECT_EQ(test, th->arrivals[i], i);
}

/* The path comes up after the bio found none and before it is parked, and nobody says so. */
static void no_wakeup_is_lost(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);
	struct test_bio *tb;

	a->may_return_ms = LATE_MS;
	test_path_set_state(a, MPATH_PENDING);
	flush_delayed_work(&th->head.requeue_work);
	a->rises = true;
	tb = test_bio_submit(test, th, REQ_OP_READ, 0);
	/* Well before the poll, which would find it too. */
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS), STATUS(BLK_STS_OK));
}

/* Returns how many waited: one in flight, or in the hands of the work, is not among them. */
static unsigned int age_contexts(struct test_head *th, long by)
{
	struct mpath_context *ctx;
	unsigned int nr = 0;

	guard(spinlock_irqsave)(&th->head.requeue_lock);
	list_for_each_entry(ctx, &th->head.retry, list) {
		ctx->first_failure -= by;
		ctx->retry_at -= by;
		nr++;
	}
	return nr;
}

/* The first one, those which events may hurry, then one for each longest delay. */
static unsigned long most_attempts(unsigned long start)
{
	return 1 + MPATH_MAX_ATTEMPTS + (jiffies - start) / MPATH_RETRY_DELAY_MAX;
}

/* A path that fails everything and looks well: attempts are paced and have an end. */
static void lying_path_is_bounded(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);
	unsigned long start = jiffies;
	struct test_bio *tb;
	unsigned int i;

	a->status = BLK_STS_TRANSPORT;
	tb = test_bio_submit(test, th, REQ_OP_WRITE, 0);
	KUNIT_EXPECT_TRUE(test, test_wait_for(atomic_read(&a->seen) >= 3, LATE_MS));
	/* At 0, 100, 300 ms, or later. */
	KUNIT_EXPECT_GE(test, jiffies - start, 3 * MPATH_RETRY_DELAY_MIN);
	for (i = 0; i < 3 * MPATH_MAX_ATTEMPTS && !completion_done(&tb->done); i++) {
		int seen = atomic_read(&a->seen);

		KUNIT_EXPECT_TRUE(test, test_wait_for(age_contexts(th, 7 * HZ) ||
						      completion_done(&tb->done), SOON_MS));
		mpath_head_kick(&th->head);
		KUNIT_EXPECT_TRUE(test, test_wait_for(atomic_read(&a->seen) > seen ||
						      completion_done(&tb->done), SOON_MS));
	}
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS), STATUS(BLK_STS_IOERR));
	KUNIT_EXPECT_GT(test, atomic_read(&a->seen), MPATH_MAX_ATTEMPTS);
	KUNIT_EXPECT_LE(test, (unsigned long)atomic_read(&a->seen), most_attempts(start) + i);
}

/* Events do not turn such a path into a busy loop. */
static void events_do_not_hurry_attempts(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);
	unsigned long start = jiffies, end = start + msecs_to_jiffies(500);
	struct test_bio *tb;

	a->status = BLK_STS_TRANSPORT;
	tb = test_bio_submit(test, th, REQ_OP_WRITE, 0);
	while (time_before(jiffies, end)) {
		mpath_path_event(&a->path);
		schedule_timeout_uninterruptible(1);
	}
	KUNIT_EXPECT_LE(test, (unsigned long)atomic_read(&a->seen), most_attempts(start));
	WRITE_ONCE(a->status, BLK_STS_OK);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, LATE_MS), STATUS(BLK_STS_OK));
}

/* A bio that failed on a path goes there again at once when the path had an event. */
static void event_clears_failure(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);
	struct test_bio *tb[3];
	unsigned int i;

	a->status = BLK_STS_TRANSPORT;
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		tb[i] = test_bio_submit(test, th, REQ_OP_WRITE, i);
	/* Only the event is to help: put their next attempts off for very long. */
	KUNIT_ASSERT_TRUE(test, test_wait_for(age_contexts(th, -60 * HZ) ==
					      ARRAY_SIZE(tb), LATE_MS));
	WRITE_ONCE(a->status, BLK_STS_OK);
	test_path_set_state(a, MPATH_OPTIMIZED);
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb[i], LATE_MS), STATUS(BLK_STS_OK));
}

/* Nothing to hope for: the error comes at once, and it is EIO. */
static void no_hope_fails_at_once(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);
	struct test_bio *tb;

	test_path_set_state(a, MPATH_GONE);
	tb = test_bio_submit(test, th, REQ_OP_READ, 0);
	KUNIT_EXPECT_TRUE(test, completion_done(&tb->done));
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS), STATUS(BLK_STS_IOERR));
	KUNIT_EXPECT_EQ(test, atomic_read(&a->seen), 0);
}

/* A bio that lost its only path gets EIO, not the status of the transport. */
static void last_error_is_eio(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);
	struct test_bio *tb;

	a->hold = true;
	tb = test_bio_submit(test, th, REQ_OP_READ, 0);
	test_path_set_state(a, MPATH_GONE);
	test_path_release_held(a, BLK_STS_TRANSPORT);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS), STATUS(BLK_STS_IOERR));
}

/* I/O waits as long as the path promises to return, and no longer. */
static void waiting_is_bounded(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);
	struct test_bio *parked, *failed;

	a->may_return_ms = LATE_MS;
	a->hold = true;
	failed = test_bio_submit(test, th, REQ_OP_READ, 0);
	test_path_set_state(a, MPATH_PENDING);
	parked = test_bio_submit(test, th, REQ_OP_READ, 1);
	test_path_release_held(a, BLK_STS_TRANSPORT);
	flush_delayed_work(&th->head.requeue_work);
	KUNIT_EXPECT_FALSE(test, completion_done(&parked->done));
	KUNIT_EXPECT_FALSE(test, completion_done(&failed->done));
	WRITE_ONCE(a->may_return_ms, 300);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, parked, 3000), STATUS(BLK_STS_IOERR));
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, failed, 3000), STATUS(BLK_STS_IOERR));
}

/* no_path_timeout_secs lengthens the wait, from the loss on. */
static void timeout_lengthens_waiting(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path(test, &a);
	unsigned long start = jiffies;
	struct test_bio *tb;

	th->head.no_path_timeout_secs = 1;
	test_path_set_state(a, MPATH_GONE);
	tb = test_bio_submit(test, th, REQ_OP_READ, 0);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, LATE_MS), STATUS(BLK_STS_IOERR));
	/* The time of the loss is an odd number of jiffies. */
	KUNIT_EXPECT_GE(test, jiffies - start, HZ - 1);
}

/* With delayed removal, I/O waits from the kill of the last path on, and a new one serves it. */
static void new_path_serves_parked(struct kunit *test)
{
	struct test_path *a, *b = test_path_make(test, NULL, TEST_SECTORS);
	struct test_head *th = one_path(test, &a);
	struct test_bio *killed, *tb;

	mpath_head_set_delayed_removal(&th->head, 60);
	WRITE_ONCE(a->state, MPATH_GONE);
	mpath_path_kill(&a->path);
	killed = test_bio_submit(test, th, REQ_OP_READ, 0);
	test_path_leave(a);
	tb = test_bio_submit(test, th, REQ_OP_READ, 0);
	KUNIT_EXPECT_FALSE(test, wait_for_completion_timeout(&tb->done, msecs_to_jiffies(50)));
	test_path_join(test, th, b);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, killed, SOON_MS), STATUS(BLK_STS_OK));
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS), STATUS(BLK_STS_OK));
}

/* A failfast bio is moved once; a second failure is its end. It never waits for a path. */
static void failfast_moves_once(struct kunit *test)
{
	struct test_path *a, *b;
	struct test_head *th = two_paths(test, &a, &b);
	struct test_path *c = test_path_make(test, NULL, TEST_SECTORS);
	struct test_bio *tb;

	test_path_join(test, th, c);
	a->status = BLK_STS_TRANSPORT;
	tb = test_bio_submit(test, th, REQ_OP_READ | REQ_FAILFAST_DEV, 0);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS), STATUS(BLK_STS_OK));

	b->status = BLK_STS_TRANSPORT;
	c->status = BLK_STS_TRANSPORT;
	tb = test_bio_submit(test, th, REQ_OP_READ | REQ_FAILFAST_TRANSPORT, 0);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS), STATUS(BLK_STS_IOERR));
	KUNIT_EXPECT_EQ(test, atomic_read(&a->seen) + atomic_read(&b->seen) +
			atomic_read(&c->seen), 4);

	a->may_return_ms = LATE_MS;
	b->may_return_ms = LATE_MS;
	c->may_return_ms = LATE_MS;
	test_path_set_state(a, MPATH_PENDING);
	test_path_set_state(b, MPATH_PENDING);
	test_path_set_state(c, MPATH_PENDING);
	tb = test_bio_submit(test, th, REQ_OP_READ | REQ_FAILFAST_DRIVER, 0);
	KUNIT_EXPECT_TRUE(test, completion_done(&tb->done));
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS), STATUS(BLK_STS_IOERR));
}

/* A bio that must not wait is told to come again; on a failure it is moved like others. */
static void nowait_is_not_parked(struct kunit *test)
{
	struct test_path *a, *b;
	struct test_head *th = two_paths(test, &a, &b);
	struct test_bio *tb;

	a->status = BLK_STS_TRANSPORT;
	tb = test_bio_submit(test, th, REQ_OP_READ | REQ_NOWAIT, 0);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS), STATUS(BLK_STS_OK));
	a->may_return_ms = LATE_MS;
	test_path_set_state(a, MPATH_PENDING);
	test_path_set_state(b, MPATH_GONE);
	tb = test_bio_submit(test, th, REQ_OP_READ | REQ_NOWAIT, 0);
	KUNIT_EXPECT_TRUE(test, completion_done(&tb->done));
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS), STATUS(BLK_STS_AGAIN));
}

static bool no_memory;

static void *alloc_if_memory(gfp_t gfp, void *cache)
{
	return READ_ONCE(no_memory) ? NULL : mempool_alloc_slab(gfp, cache);
}

static void free_slab(void *element, void *cache)
{
	mempool_free_slab(element, cache);
}

static void memory_is_back(void *unused)
{
	WRITE_ONCE(no_memory, false);
}

/*
 * A head whose pool allocates by alloc_if_memory() from its first element to its last: a mempool
 * knows by its functions whether it has hidden its elements from KASAN.
 */
static struct test_head *one_path_scarce(struct kunit *test, struct test_path **a)
{
	struct test_head *th = one_path(test, a);
	mempool_t *pool = &th->head.contexts;
	int min_nr = pool->min_nr;
	void *cache = pool->pool_data;

	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, memory_is_back, NULL), 0);
	mempool_exit(pool);
	KUNIT_ASSERT_EQ(test, mempool_init(pool, min_nr, alloc_if_memory, free_slab, cache), 0);
	mpath_contexts_drop();
	return th;
}

/* Without memory the reserve is used, then bios wait; each that ends lets another one go. */
static void memory_comes_back(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path_scarce(test, &a);
	struct test_bio *tb[20], *nowait;
	int in_flight = MPATH_MIN_CONTEXTS + 1;
	unsigned int i;

	a->hold = true;
	WRITE_ONCE(no_memory, true);
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		tb[i] = test_bio_submit(test, th, REQ_OP_WRITE, i);
	nowait = test_bio_submit(test, th, REQ_OP_WRITE | REQ_NOWAIT, 0);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, nowait, SOON_MS), STATUS(BLK_STS_AGAIN));
	schedule_timeout_uninterruptible(msecs_to_jiffies(100));
	KUNIT_EXPECT_EQ(test, atomic_read(&a->seen), in_flight);
	test_path_release_held(a, BLK_STS_OK);
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb[i], SOON_MS), STATUS(BLK_STS_OK));
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		KUNIT_EXPECT_EQ(test, th->arrivals[i], i);
	KUNIT_EXPECT_TRUE(test, test_wait_for(!test_bit(MPATH_HEAD_STARVED, &th->head.flags),
					      SOON_MS));
	WRITE_ONCE(no_memory, false);
}

/* All memory is with clones that a blocked path keeps: a path that joins brings its own. */
static void new_path_brings_memory(struct kunit *test)
{
	struct test_path *a, *b = test_path_make(test, NULL, TEST_SECTORS);
	struct test_head *th = one_path_scarce(test, &a);
	struct test_bio *tb[20];
	unsigned int i;

	a->hold = true;
	a->may_return_ms = LATE_MS;
	WRITE_ONCE(no_memory, true);
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		tb[i] = test_bio_submit(test, th, REQ_OP_WRITE, i);
	test_path_set_state(a, MPATH_PENDING);
	WRITE_ONCE(no_memory, false);
	KUNIT_ASSERT_EQ(test, mpath_path_init(&b->path, &th->head, b->disk->part0,
					      NUMA_NO_NODE), 0);
	WRITE_ONCE(no_memory, true);
	list_add_tail(&b->siblings, &th->joined);
	KUNIT_ASSERT_EQ(test, mpath_path_join(&b->path), 0);
	for (i = MPATH_MIN_CONTEXTS + 1; i < ARRAY_SIZE(tb); i++)
		KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb[i], SOON_MS), STATUS(BLK_STS_OK));
	test_path_release_held(a, BLK_STS_OK);
	for (i = 0; i < MPATH_MIN_CONTEXTS + 1; i++)
		KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb[i], SOON_MS), STATUS(BLK_STS_OK));
	WRITE_ONCE(no_memory, false);
}

/* Nothing is in flight that could bring memory back: the timer looks again. */
static void memory_is_looked_for(struct kunit *test)
{
	struct test_path *a;
	struct test_head *th = one_path_scarce(test, &a);
	void *reserve[MPATH_MIN_CONTEXTS + 1];
	struct test_bio *tb;
	unsigned int i;

	/* The kick of the path that joined is not to be the one that helps. */
	flush_delayed_work(&th->head.requeue_work);
	WRITE_ONCE(no_memory, true);
	for (i = 0; i < ARRAY_SIZE(reserve); i++)
		reserve[i] = mempool_alloc_preallocated(&th->head.contexts);
	tb = test_bio_submit(test, th, REQ_OP_WRITE, 0);
	KUNIT_EXPECT_FALSE(test, wait_for_completion_timeout(&tb->done, msecs_to_jiffies(50)));
	KUNIT_EXPECT_EQ(test, atomic_read(&a->seen), 0);
	WRITE_ONCE(no_memory, false);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, SOON_MS), STATUS(BLK_STS_OK));
	for (i = 0; i < ARRAY_SIZE(reserve); i++)
		mempool_free(reserve[i], &th->head.contexts);
}

static struct kunit_case requeue_tests[] = {
	KUNIT_CASE_PARAM(status_decides, status_gen_params),
	KUNIT_CASE_PARAM(bio_is_moved_or_passed_up, status_gen_params),
	KUNIT_CASE_PARAM(every_operation_moves, op_gen_params),
	KUNIT_CASE(error_of_killed_path_moves),
	KUNIT_CASE(leaving_path_hands_over),
	KUNIT_CASE(failed_bios_keep_order),
	KUNIT_CASE(parked_bios_keep_order),
	KUNIT_CASE(no_wakeup_is_lost),
	KUNIT_CASE(lying_path_is_bounded),
	KUNIT_CASE(events_do_not_hurry_attempts),
	KUNIT_CASE(event_clears_failure),
	KUNIT_CASE(no_hope_fails_at_once),
	KUNIT_CASE(last_error_is_eio),
	KUNIT_CASE_SLOW(waiting_is_bounded),
	KUNIT_CASE_SLOW(timeout_lengthens_waiting),
	KUNIT_CASE(new_path_serves_parked),
	KUNIT_CASE(failfast_moves_once),
	KUNIT_CASE(nowait_is_not_parked),
	KUNIT_CASE(memory_comes_back),
	KUNIT_CASE(new_path_brings_memory),
	KUNIT_CASE(memory_is_looked_for),
	{}
};

static struct kunit_suite requeue_suite = {
	.name = "multipath_requeue",
	.test_cases = requeue_tests,
};

kunit_test_suite(requeue_suite);

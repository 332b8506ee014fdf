// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the limits and the capacity of a head: they are those of its present paths, whatever
 * paths there were before and in whatever order they came.
 */
#include <kunit/test.h>
#include <linux/blk-integrity.h>
#include <linux/blkdev.h>
#include <linux/log2.h>
#include <linux/prandom.h>
#include <linux/t10-pi.h>
#include "test_disk.h"

static const struct seed_case {
	const char *name;
	u64 seed;
} seed_cases[] = {
	{ "seed 1", 1 },
	{ "seed 2", 2 },
	{ "seed 3", 3 },
	{ "seed 4", 4 },
	{ "seed 5", 5 },
	{ "seed 6", 6 },
	{ "seed 7", 7 },
	{ "seed 8", 8 },
};

KUNIT_ARRAY_PARAM_DESC(seed, seed_cases, name);

static u32 pick(struct rnd_state *rnd, const u32 *values, size_t nr)
{
	return values[prandom_u32_state(rnd) % nr];
}

#define PICK(rnd, ...) \
	pick(rnd, (const u32[]){ __VA_ARGS__ }, sizeof((const u32[]){ __VA_ARGS__ }) / sizeof(u32))

static bool chance(struct rnd_state *rnd, u32 percent)
{
	return prandom_u32_state(rnd) % 100 < percent;
}

static void random_integrity(struct rnd_state *rnd, struct queue_limits *lim)
{
	struct blk_integrity *bi = &lim->integrity;

	if (!IS_ENABLED(CONFIG_BLK_DEV_INTEGRITY) || chance(rnd, 30))
		return;
	bi->csum_type = BLK_INTEGRITY_CSUM_CRC;
	bi->metadata_size = sizeof(struct t10_pi_tuple);
	bi->pi_tuple_size = sizeof(struct t10_pi_tuple);
	bi->interval_exp = ilog2(SECTOR_SIZE);
	bi->tag_size = PICK(rnd, 0, 0, 0, 2);
	if (chance(rnd, 90))
		bi->flags |= BLK_INTEGRITY_REF_TAG;
}

/* Limits that a disk may have; each one valid by itself. */
static struct queue_limits random_limits(struct rnd_state *rnd)
{
	struct queue_limits lim = {
		.logical_block_size = SECTOR_SIZE,
		.physical_block_size = PICK(rnd, 512, 4096),
		.io_min = PICK(rnd, 0, 4096, 16384),
		.io_opt = PICK(rnd, 0, 0, 65536, 262144, 1048576),
		.max_hw_sectors = PICK(rnd, 128, 1024, 2560, 8192, 65535),
		.max_dev_sectors = PICK(rnd, 0, 256, 4096),
		.max_user_sectors = PICK(rnd, 0, 0, 64),
		.max_segments = PICK(rnd, 1, 16, 128, 2048),
		.max_segment_size = PICK(rnd, 4096, 65536, 1048576),
		.seg_boundary_mask = PICK(rnd, 0xfff, 0xffff, 0xffffffff),
		.dma_alignment = PICK(rnd, 3, 7, 511),
		.max_write_zeroes_sectors = PICK(rnd, 0, 128, 65535),
		.max_secure_erase_sectors = PICK(rnd, 0, 1024, 4096),
	};

	if (chance(rnd, 70)) {
		lim.max_hw_discard_sectors = PICK(rnd, 128, 65536);
		lim.discard_granularity = PICK(rnd, 512, 4096, 65536);
		lim.max_discard_segments = PICK(rnd, 1, 16);
	}
	if (chance(rnd, 50))
		lim.features |= BLK_FEAT_WRITE_CACHE | (chance(rnd, 50) ? BLK_FEAT_FUA : 0);
	if (chance(rnd, 20))
		lim.features |= BLK_FEAT_ROTATIONAL;
	if (chance(rnd, 20))
		lim.features |= BLK_FEAT_STABLE_WRITES;
	if (chance(rnd, 80))
		lim.features |= BLK_FEAT_NOWAIT;
	if (chance(rnd, 30))
		lim.max_hw_wzeroes_unmap_sectors = lim.max_write_zeroes_sectors;
	random_integrity(rnd, &lim);
	return lim;
}

/* The limits of these paths stacked at once, last first, over what the user set. */
static struct queue_limits stack_at_once(struct kunit *test, struct test_path **paths,
					 const bool *present, size_t nr,
					 const struct queue_limits *old)
{
	struct mpath_limits stack;

	mpath_limits_start(&stack);
	while (nr--)
		if (present[nr])
			mpath_limits_add(&stack, &paths[nr]->disk->queue->limits);
	mpath_limits_finish(&stack, old);
	KUNIT_ASSERT_EQ(test, blk_validate_limits(&stack.lim), 0);
	return stack.lim;
}

static void expect_limits(struct kunit *test, const struct queue_limits *got,
			  const struct queue_limits *want)
{
	/* The first ones only say more than a dump of all. */
	KUNIT_EXPECT_EQ(test, (__force u32)got->features, (__force u32)want->features);
	KUNIT_EXPECT_EQ(test, (__force u32)got->flags, (__force u32)want->flags);
	KUNIT_EXPECT_EQ(test, got->max_sectors, want->max_sectors);
	KUNIT_EXPECT_EQ(test, got->max_segments, want->max_segments);
	KUNIT_EXPECT_EQ(test, got->physical_block_size, want->physical_block_size);
	KUNIT_EXPECT_EQ(test, got->io_opt, want->io_opt);
	KUNIT_EXPECT_EQ(test, got->max_discard_sectors, want->max_discard_sectors);
	KUNIT_EXPECT_EQ(test, got->max_write_zeroes_sectors, want->max_write_zeroes_sectors);
	KUNIT_EXPECT_EQ(test, got->max_secure_erase_sectors, want->max_secure_erase_sectors);
	KUNIT_EXPECT_EQ(test, got->integrity.metadata_size, want->integrity.metadata_size);
	KUNIT_EXPECT_MEMEQ(test, got, want, sizeof(*got));
}

#define NR_PATHS	6
#define NR_STEPS	40

/* Any order of joins and leaves gives the limits of the paths that remain, stacked at once. */
static void history_does_not_matter(struct kunit *test)
{
	const struct seed_case *c = test->param_value;
	struct test_path *paths[NR_PATHS];
	bool present[NR_PATHS] = { true };
	struct queue_limits lim, want, user;
	unsigned int i, step, left = 1;
	struct test_head *th;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, c->seed);
	for (i = 0; i < NR_PATHS; i++) {
		lim = random_limits(&rnd);
		paths[i] = test_path_make(test, &lim, TEST_SECTORS);
	}
	th = test_head_make(test, NULL, paths[0]);
	mpath_head_set_delayed_removal(&th->head, 60);
	user = th->head.disk->queue->limits;
	for (step = 0; step < NR_STEPS; step++) {
		i = prandom_u32_state(&rnd) % NR_PATHS;
		if (present[i] && left == 1)
			continue;
		present[i] = !present[i];
		left += present[i] ? 1 : -1;
		if (present[i])
			test_path_join(test, th, paths[i]);
		else
			test_path_leave(paths[i]);
		flush_work(&th->head.limits_work);
		lim = th->head.disk->queue->limits;
		want = stack_at_once(test, paths, present, NR_PATHS, &user);
		expect_limits(test, &lim, &want);
	}
}

static void user_sets_max_sectors(struct kunit *test, struct test_head *th, unsigned int sectors)
{
	struct queue_limits lim = queue_limits_start_update(th->head.disk->queue);

	lim.max_user_sectors = sectors;
	lim.features &= ~BLK_FEAT_IO_STAT;
	lim.max_user_discard_sectors = sectors;
	KUNIT_ASSERT_EQ(test, queue_limits_commit_update_frozen(th->head.disk->queue, &lim), 0);
}

/* What the user set on the head survives, what the user set on a path stays there. */
static void user_settings_survive(struct kunit *test)
{
	static const struct queue_limits wide = {
		.max_hw_sectors = 4096,
		.max_hw_discard_sectors = 4096,
	}, narrow = {
		.max_hw_sectors = 512,
		.max_user_sectors = 16,
		.max_hw_discard_sectors = 1024,
	};
	struct test_path *a = test_path_make(test, &wide, TEST_SECTORS);
	struct test_path *b = test_path_make(test, &narrow, TEST_SECTORS);
	struct test_head *th = test_head_make(test, NULL, a);
	struct queue_limits *lim = &th->head.disk->queue->limits;

	flush_work(&th->head.limits_work);
	KUNIT_EXPECT_EQ(test, lim->max_user_sectors, 0);
	KUNIT_EXPECT_TRUE(test, lim->features & BLK_FEAT_IO_STAT);
	user_sets_max_sectors(test, th, 256);
	test_path_join(test, th, b);
	flush_work(&th->head.limits_work);
	KUNIT_EXPECT_EQ(test, lim->max_hw_sectors, 512);
	KUNIT_EXPECT_EQ(test, lim->max_user_sectors, 256);
	KUNIT_EXPECT_EQ(test, lim->max_sectors, 256);
	KUNIT_EXPECT_EQ(test, lim->max_discard_sectors, 256);
	KUNIT_EXPECT_FALSE(test, lim->features & BLK_FEAT_IO_STAT);
	test_path_leave(b);
	flush_work(&th->head.limits_work);
	KUNIT_EXPECT_EQ(test, lim->max_hw_sectors, 4096);
	KUNIT_EXPECT_EQ(test, lim->max_user_sectors, 256);
}

/* A path that cannot discard keeps the head from offering it, at run time too. */
static void lost_operations_are_mirrored(struct kunit *test)
{
	static const struct queue_limits can = {
		.max_hw_discard_sectors = 4096,
		.max_write_zeroes_sectors = 4096,
		.max_hw_wzeroes_unmap_sectors = 4096,
	};
	struct test_path *a = test_path_make(test, &can, TEST_SECTORS);
	struct test_path *b = test_path_make(test, &can, TEST_SECTORS);
	struct test_head *th = test_head_make(test, NULL, a);
	struct queue_limits *lim = &th->head.disk->queue->limits;
	struct test_bio *tb;

	test_path_join(test, th, b);
	flush_work(&th->head.limits_work);
	KUNIT_EXPECT_EQ(test, lim->max_discard_sectors, 4096);
	KUNIT_EXPECT_EQ(test, lim->max_write_zeroes_sectors, 4096);
	a->hold = true;
	tb = test_bio_submit(test, th, REQ_OP_DISCARD, 0);
	blk_queue_disable_discard(a->disk->queue);
	blk_queue_disable_write_zeroes(a->disk->queue);
	test_path_release_held(a, BLK_STS_TARGET);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, 1000), STATUS(BLK_STS_TARGET));
	KUNIT_EXPECT_EQ(test, lim->max_discard_sectors, 0);
	flush_work(&th->head.limits_work);
	KUNIT_EXPECT_EQ(test, lim->max_discard_sectors, 0);
	KUNIT_EXPECT_EQ(test, lim->max_write_zeroes_sectors, 0);
	test_path_leave(a);
	flush_work(&th->head.limits_work);
	KUNIT_EXPECT_EQ(test, lim->max_discard_sectors, 4096);
	KUNIT_EXPECT_EQ(test, lim->max_write_zeroes_sectors, 4096);
}

static sector_t revalidated(struct test_head *th, struct test_path *tp, sector_t sectors)
{
	set_capacity(tp->disk, sectors);
	mpath_head_revalidate(&th->head);
	flush_work(&th->head.limits_work);
	return get_capacity(th->head.disk);
}

/* The head grows with its last path, shrinks with its first, and keeps its size without any. */
static void capacity_follows_smallest(struct kunit *test)
{
	struct test_path *a = test_path_make(test, NULL, 1000);
	struct test_path *b = test_path_make(test, NULL, 1000);
	struct test_head *th = test_head_make(test, NULL, a);

	mpath_head_set_delayed_removal(&th->head, 60);
	test_path_join(test, th, b);
	KUNIT_EXPECT_EQ(test, revalidated(th, a, 2000), 1000);
	KUNIT_EXPECT_EQ(test, revalidated(th, b, 2000), 2000);
	KUNIT_EXPECT_EQ(test, revalidated(th, b, 1500), 1500);
	KUNIT_EXPECT_EQ(test, revalidated(th, a, 1500), 1500);
	test_path_leave(a);
	test_path_leave(b);
	flush_work(&th->head.limits_work);
	KUNIT_EXPECT_EQ(test, get_capacity(th->head.disk), 1500);
}

/* A newcomer that is smaller does not shrink the head, and is used once it has grown. */
static void small_newcomer_is_kept_out(struct kunit *test)
{
	struct test_path *a = test_path_make(test, NULL, 1000);
	struct test_path *b = test_path_make(test, NULL, 500);
	struct test_head *th = test_head_make(test, NULL, a);

	test_path_join(test, th, b);
	flush_work(&th->head.limits_work);
	KUNIT_EXPECT_EQ(test, get_capacity(th->head.disk), 1000);
	KUNIT_EXPECT_TRUE(test, test_bit(MPATH_PATH_SMALL, &b->path.flags));
	KUNIT_EXPECT_EQ(test, revalidated(th, b, 1000), 1000);
	KUNIT_EXPECT_FALSE(test, test_bit(MPATH_PATH_SMALL, &b->path.flags));
}

/* A size that is not known is not zero: such a path waits, and decides nothing. */
static void unknown_size_waits(struct kunit *test)
{
	struct test_path *a = test_path_make(test, NULL, 0);
	struct test_path *b = test_path_make(test, NULL, 0);
	struct test_head *th = test_head_make(test, NULL, a);
	struct test_bio *tb;

	test_path_join(test, th, b);
	flush_work(&th->head.limits_work);
	KUNIT_EXPECT_EQ(test, get_capacity(th->head.disk), 0);
	KUNIT_EXPECT_TRUE(test, test_bit(MPATH_PATH_SMALL, &a->path.flags));
	KUNIT_EXPECT_EQ(test, revalidated(th, a, 1000), 1000);
	tb = test_bio_submit(test, th, REQ_OP_READ, 999);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, 1000), STATUS(BLK_STS_OK));
	KUNIT_EXPECT_EQ(test, atomic_read(&a->seen), 1);
	KUNIT_EXPECT_EQ(test, revalidated(th, b, 1000), 1000);

	/* One that was known and cannot be read any more is out; the head stays as it is. */
	KUNIT_EXPECT_EQ(test, revalidated(th, a, 0), 1000);
	KUNIT_EXPECT_TRUE(test, test_bit(MPATH_PATH_SMALL, &a->path.flags));
	tb = test_bio_submit(test, th, REQ_OP_READ, 0);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, 1000), STATUS(BLK_STS_OK));
	KUNIT_EXPECT_EQ(test, atomic_read(&b->seen), 1);
}

/* Nor is a path used, nor its limits, before the user has compared it. */
static void unfit_path_waits(struct kunit *test)
{
	static const struct queue_limits wide = { .max_hw_sectors = 4096 };
	static const struct queue_limits narrow = { .max_hw_sectors = 512 };
	struct test_path *a = test_path_make(test, &wide, 1000);
	struct test_path *b = test_path_make(test, &narrow, 2000);
	struct test_head *th = test_head_make(test, NULL, a);
	struct test_bio *tb;

	b->unfit = true;
	test_path_set_state(a, MPATH_USABLE);
	test_path_join(test, th, b);
	KUNIT_EXPECT_EQ(test, revalidated(th, b, 2000), 1000);
	KUNIT_EXPECT_EQ(test, th->head.disk->queue->limits.max_hw_sectors, 4096);
	tb = test_bio_submit(test, th, REQ_OP_READ, 0);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, 1000), STATUS(BLK_STS_OK));
	KUNIT_EXPECT_EQ(test, atomic_read(&b->seen), 0);
	b->unfit = false;
	KUNIT_EXPECT_EQ(test, revalidated(th, b, 2000), 1000);
	KUNIT_EXPECT_EQ(test, th->head.disk->queue->limits.max_hw_sectors, 512);
	tb = test_bio_submit(test, th, REQ_OP_READ, 0);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, 1000), STATUS(BLK_STS_OK));
	KUNIT_EXPECT_EQ(test, atomic_read(&b->seen), 1);
}

/* I/O waits for the size of the only path to be read, and goes on when it was. */
static void io_waits_for_size(struct kunit *test)
{
	struct test_path *a = test_path_make(test, NULL, 1000);
	struct test_head *th = test_head_make(test, NULL, a);
	struct test_bio *tb;

	KUNIT_EXPECT_EQ(test, revalidated(th, a, 0), 1000);
	tb = test_bio_submit(test, th, REQ_OP_READ, 0);
	KUNIT_EXPECT_FALSE(test, wait_for_completion_timeout(&tb->done, msecs_to_jiffies(50)));
	KUNIT_EXPECT_EQ(test, revalidated(th, a, 1000), 1000);
	KUNIT_EXPECT_EQ(test, test_bio_wait(test, tb, 800), STATUS(BLK_STS_OK));
}

/* One read-only path makes the head read-only, until it leaves or is writable again. */
static void read_only_is_copied(struct kunit *test)
{
	struct test_path *a = test_path_make(test, NULL, 1000);
	struct test_path *b = test_path_make(test, NULL, 1000);
	struct test_head *th = test_head_make(test, NULL, a);

	set_disk_ro(b->disk, true);
	test_path_join(test, th, b);
	flush_work(&th->head.limits_work);
	KUNIT_EXPECT_TRUE(test, get_disk_ro(th->head.disk));
	set_disk_ro(b->disk, false);
	revalidated(th, b, 1000);
	KUNIT_EXPECT_FALSE(test, get_disk_ro(th->head.disk));
}

static struct kunit_case limits_tests[] = {
	KUNIT_CASE_PARAM(history_does_not_matter, seed_gen_params),
	KUNIT_CASE(user_settings_survive),
	KUNIT_CASE(lost_operations_are_mirrored),
	KUNIT_CASE(capacity_follows_smallest),
	KUNIT_CASE(small_newcomer_is_kept_out),
	KUNIT_CASE(unknown_size_waits),
	KUNIT_CASE(unfit_path_waits),
	KUNIT_CASE(io_waits_for_size),
	KUNIT_CASE(read_only_is_copied),
	{}
};

static struct kunit_suite limits_suite = {
	.name = "multipath_limits",
	.test_cases = limits_tests,
};

kunit_test_suite(limits_suite);

// SPDX-License-Identifier: GPL-2.0
/*
 * Heads and paths for the tests of libmultipath.
 *
 * A path's disk is a real hidden gendisk without memory behind it: its submit_bio ends bios with
 * a chosen status, or keeps them until the test lets them go. So a test runs the whole way of a
 * bio, through the block layer, and sees each arrival.
 */
#include <linux/blkdev.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "test_disk.h"

/* A head that is not freed by then never will be. */
#define TEST_END_SECS	30

static struct test_path *to_test_path(struct mpath_path *path)
{
	return container_of(path, struct test_path, path);
}

static struct test_head *to_test_head(struct mpath_head *head)
{
	return container_of(head, struct test_head, head);
}

static void test_path_log(struct test_path *tp, struct bio *bio)
{
	struct test_head *th;

	if (!tp->path.head)
		return;
	th = to_test_head(tp->path.head);
	guard(spinlock_irqsave)(&th->lock);
	if (th->nr_arrivals < ARRAY_SIZE(th->arrivals))
		th->arrivals[th->nr_arrivals++] = bio->bi_iter.bi_sector;
}

static void test_path_submit_bio(struct bio *bio)
{
	struct test_path *tp = bio->bi_bdev->bd_disk->private_data;

	test_path_log(tp, bio);
	scoped_guard(spinlock_irqsave, &tp->lock) {
		/* Under the lock: who has waited for @seen and takes it finds the bio held. */
		atomic_inc(&tp->seen);
		if (READ_ONCE(tp->hold)) {
			bio_list_add(&tp->held, bio);
			return;
		}
	}
	bio_endio_status(bio, READ_ONCE(tp->status));
}

static const struct block_device_operations test_path_fops = {
	.owner = THIS_MODULE,
	.submit_bio = test_path_submit_bio,
};

static const struct block_device_operations test_head_fops = {
	.owner = THIS_MODULE,
	.submit_bio = mpath_submit_bio,
	.open = mpath_open,
	.getgeo = mpath_getgeo,
	.get_unique_id = mpath_get_unique_id,
	.free_disk = mpath_free_disk,
};

static enum mpath_state test_path_state(struct mpath_path *path)
{
	return READ_ONCE(to_test_path(path)->state);
}

static bool test_path_may_return(struct mpath_path *path, unsigned long lost_ms)
{
	struct test_path *tp = to_test_path(path);

	if (tp->rises)
		WRITE_ONCE(tp->state, MPATH_OPTIMIZED);
	return lost_ms < READ_ONCE(tp->may_return_ms);
}

static bool test_path_fits(struct mpath_path *path)
{
	return !READ_ONCE(to_test_path(path)->unfit);
}

static void test_free_head(struct mpath_head *head)
{
	complete(&to_test_head(head)->freed);
}

static const struct mpath_ops test_ops = {
	.fops = &test_head_fops,
	.path_state = test_path_state,
	.path_may_return = test_path_may_return,
	.path_fits = test_path_fits,
	.free_head = test_free_head,
};

/**
 * test_path_release_held() - end all bios that a path keeps
 * @tp: the path, which keeps none from now on
 * @status: with what
 *
 * Context: Any.
 * Return: how many there were.
 */
unsigned int test_path_release_held(struct test_path *tp, blk_status_t status)
{
	struct bio_list bios = BIO_EMPTY_LIST;
	unsigned int nr = 0;
	struct bio *bio;

	scoped_guard(spinlock_irqsave, &tp->lock) {
		tp->hold = false;
		tp->status = status;
		bio_list_merge_init(&bios, &tp->held);
	}
	while ((bio = bio_list_pop(&bios))) {
		nr++;
		bio_endio_status(bio, status);
	}
	return nr;
}

static void test_path_free(void *data)
{
	struct test_path *tp = data;

	/* One that was made after its head goes before it. */
	if (!list_empty(&tp->siblings))
		test_path_leave(tp);
	del_gendisk(tp->disk);
	put_disk(tp->disk);
}

/**
 * test_path_make() - make the disk of a path
 * @test: the test, at whose end the disk goes
 * @lim: its limits, or NULL
 * @sectors: its capacity
 *
 * Context: Process context, may sleep.
 * Return: an optimized path that ends bios well, not yet of any head.
 */
struct test_path *test_path_make(struct kunit *test, const struct queue_limits *lim,
				 sector_t sectors)
{
	struct test_path *tp = kunit_kzalloc(test, sizeof(*tp), GFP_KERNEL);
	struct queue_limits copy = {
		.features = BLK_FEAT_NOWAIT,
	};
	static unsigned int number;

	KUNIT_ASSERT_NOT_NULL(test, tp);
	if (lim)
		copy = *lim;
	tp->disk = blk_alloc_disk(&copy, NUMA_NO_NODE);
	KUNIT_ASSERT_FALSE(test, IS_ERR(tp->disk));
	spin_lock_init(&tp->lock);
	bio_list_init(&tp->held);
	INIT_LIST_HEAD(&tp->siblings);
	tp->number = number++;
	tp->state = MPATH_OPTIMIZED;
	tp->disk->fops = &test_path_fops;
	tp->disk->private_data = tp;
	tp->disk->flags |= GENHD_FL_HIDDEN;
	snprintf(tp->disk->disk_name, DISK_NAME_LEN, "mpathtest:%u", tp->number);
	set_capacity(tp->disk, sectors);
	KUNIT_ASSERT_EQ(test, add_disk(tp->disk), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, test_path_free, tp), 0);
	return tp;
}

/**
 * test_path_join() - make a disk a path of a head
 * @test: the test
 * @th: the head
 * @tp: the path
 *
 * Context: Process context, may sleep.
 */
void test_path_join(struct kunit *test, struct test_head *th, struct test_path *tp)
{
	KUNIT_ASSERT_EQ(test, mpath_path_init(&tp->path, &th->head, tp->disk->part0,
					      NUMA_NO_NODE), 0);
	list_add_tail(&tp->siblings, &th->joined);
	KUNIT_ASSERT_EQ(test, mpath_path_join(&tp->path), 0);
}

/**
 * test_path_leave() - take a path off its head; what it keeps ends with an error
 * @tp: the path
 *
 * Context: Process context, may sleep.
 */
void test_path_leave(struct test_path *tp)
{
	mpath_path_kill(&tp->path);
	test_path_release_held(tp, BLK_STS_IOERR);
	mpath_path_leave(&tp->path);
	list_del_init(&tp->siblings);
	mpath_path_exit(&tp->path);
}

/**
 * test_path_set_state() - change the state of a path, as a user does
 * @tp: the path
 * @state: the state
 *
 * Context: Any.
 */
void test_path_set_state(struct test_path *tp, enum mpath_state state)
{
	WRITE_ONCE(tp->state, state);
	mpath_path_event(&tp->path);
}

static void test_head_free(void *data)
{
	struct test_head *th = data;
	struct test_path *tp, *next;

	list_for_each_entry_safe(tp, next, &th->joined, siblings)
		test_path_leave(tp);
	mpath_head_remove(&th->head);
	mpath_head_put(&th->head);
	if (!wait_for_completion_timeout(&th->freed, TEST_END_SECS * HZ)) {
		KUNIT_FAIL(th->test, "head not freed after %u s, its memory is lost",
			   TEST_END_SECS);
		return;
	}
	mpath_flush();
	kfree(th);
}

/**
 * test_head_make() - make a head with its disk
 * @test: the test, at whose end the head goes
 * @policy: name of its policy
 * @like: its first path, which joins
 *
 * The partition scan is left out: the disks have no memory.
 *
 * Context: Process context, may sleep.
 * Return: the head.
 */
struct test_head *test_head_make(struct kunit *test, const char *policy, struct test_path *like)
{
	struct test_head *th = kzalloc_obj(*th);
	static unsigned int number;

	KUNIT_ASSERT_NOT_NULL(test, th);
	th->test = test;
	init_completion(&th->freed);
	INIT_LIST_HEAD(&th->joined);
	spin_lock_init(&th->lock);
	KUNIT_ASSERT_EQ(test, mpath_head_init(&th->head, &test_ops, policy), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, test_head_free, th), 0);
	KUNIT_ASSERT_EQ(test, mpath_head_alloc_disk(&th->head, like->disk->part0, NUMA_NO_NODE), 0);
	snprintf(th->head.disk->disk_name, DISK_NAME_LEN, "mpathtest%u", number++);
	set_bit(MPATH_HEAD_SCANNED, &th->head.flags);
	test_path_join(test, th, like);
	KUNIT_ASSERT_EQ(test, mpath_head_add_disk(&th->head, NULL, NULL), 0);
	return th;
}

/**
 * test_head_remove() - remove a head before the end of the test
 * @test: the test
 * @th: the head, whose paths have left
 *
 * Context: Process context, may sleep.
 */
void test_head_remove(struct kunit *test, struct test_head *th)
{
	kunit_release_action(test, test_head_free, th);
}

static void test_bio_end_io(struct bio *bio)
{
	struct test_bio *tb = container_of(bio, struct test_bio, bio);

	tb->status = bio->bi_status;
	complete(&tb->done);
}

/**
 * test_bio_submit() - submit a bio of one sector to a head
 * @test: the test
 * @th: the head
 * @opf: operation and flags
 * @sector: where
 *
 * Context: Process context, may sleep.
 * Return: the bio, for test_bio_wait().
 */
struct test_bio *test_bio_submit(struct kunit *test, struct test_head *th, blk_opf_t opf,
				 sector_t sector)
{
	struct test_bio *tb = kzalloc_obj(*tb);

	KUNIT_ASSERT_NOT_NULL(test, tb);
	init_completion(&tb->done);
	bio_init(&tb->bio, th->head.disk->part0, &tb->data, 1, opf);
	tb->bio.bi_iter.bi_sector = sector;
	if (op_is_discard(opf) || (opf & REQ_OP_MASK) == REQ_OP_WRITE_ZEROES)
		tb->bio.bi_iter.bi_size = SECTOR_SIZE;
	else
		__bio_add_page(&tb->bio, ZERO_PAGE(0), SECTOR_SIZE, 0);
	tb->bio.bi_end_io = test_bio_end_io;
	submit_bio_noacct(&tb->bio);
	return tb;
}

/**
 * test_bio_wait() - wait for a bio
 * @test: the test, which fails if the bio does not end in time
 * @tb: the bio, freed when it has ended
 * @ms: time in milliseconds
 *
 * Context: Process context, may sleep.
 * Return: its status, to be compared with STATUS().
 */
int test_bio_wait(struct kunit *test, struct test_bio *tb, unsigned int ms)
{
	int status;

	KUNIT_ASSERT_GT_MSG(test, wait_for_completion_timeout(&tb->done, msecs_to_jiffies(ms)), 0,
			    "bio at sector %llu has not ended within %u ms",
			    (unsigned long long)tb->bio.bi_iter.bi_sector, ms);
	status = STATUS(tb->status);
	bio_uninit(&tb->bio);
	kfree(tb);
	return status;
}

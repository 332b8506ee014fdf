/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of libmultipath share: heads and paths over disks that exist only in memory.
 */
#ifndef _LIB_MULTIPATH_TEST_DISK_H
#define _LIB_MULTIPATH_TEST_DISK_H

#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/completion.h>
#include <linux/iopoll.h>
#include "internal.h"

#define TEST_SECTORS	2048

/**
 * struct test_path - a path and its disk
 * @path: the path
 * @disk: hidden bio-based disk
 * @number: for the log of arrivals
 * @state: what &mpath_ops.path_state says
 * @may_return_ms: &mpath_ops.path_may_return is true for this long
 * @rises: asked whether it may return, the path becomes optimized, without an event
 * @unfit: &mpath_ops.path_fits is false
 * @status: with what bios end
 * @hold: keep bios on @held
 * @held: bios that were kept
 * @seen: bios that arrived
 * @lock: of @held
 * @siblings: in &test_head.joined, to be left at the end of the test
 */
struct test_path {
	struct mpath_path path;
	struct gendisk *disk;
	unsigned int number;
	enum mpath_state state;
	unsigned long may_return_ms;
	bool rises;
	bool unfit;
	blk_status_t status;
	bool hold;
	struct bio_list held;
	atomic_t seen;
	spinlock_t lock; /* see above */
	struct list_head siblings;
};

/**
 * struct test_head - a head of the tests
 * @test: the test that made it
 * @head: the head
 * @freed: completed by &mpath_ops.free_head, which frees nothing
 * @joined: its paths
 * @arrivals: sectors of the bios in the order in which they reached a path
 * @nr_arrivals: their number
 * @lock: of @arrivals
 */
struct test_head {
	struct kunit *test;
	struct mpath_head head;
	struct completion freed;
	struct list_head joined;
	sector_t arrivals[64];
	unsigned int nr_arrivals;
	spinlock_t lock; /* see above */
};

/**
 * struct test_bio - one bio and what became of it
 * @bio: the bio
 * @data: its data, which nobody looks at
 * @done: it ended
 * @status: with this
 */
struct test_bio {
	struct bio bio;
	struct bio_vec data;
	struct completion done;
	blk_status_t status;
};

struct test_head *test_head_make(struct kunit *test, const char *policy, struct test_path *like);
void test_head_remove(struct kunit *test, struct test_head *th);
struct test_path *test_path_make(struct kunit *test, const struct queue_limits *lim,
				 sector_t sectors);
void test_path_join(struct kunit *test, struct test_head *th, struct test_path *tp);
void test_path_leave(struct test_path *tp);
void test_path_set_state(struct test_path *tp, enum mpath_state state);
unsigned int test_path_release_held(struct test_path *tp, blk_status_t status);
struct test_bio *test_bio_submit(struct kunit *test, struct test_head *th, blk_opf_t opf,
				 sector_t sector);
int test_bio_wait(struct kunit *test, struct test_bio *tb, unsigned int ms);

/* A status as a number, for comparison. */
#define STATUS(status)	((__force int)(status))

/* True as soon as @cond is, false if it is not within @ms milliseconds. */
#define test_wait_for(cond, ms)	\
	(!poll_timeout_us(barrier(), cond, USEC_PER_MSEC, (ms) * USEC_PER_MSEC, false))

#endif /* _LIB_MULTIPATH_TEST_DISK_H */

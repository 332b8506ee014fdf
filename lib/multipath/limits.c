// SPDX-License-Identifier: GPL-2.0
/*
 * Limits and capacity of a head: what all of its paths can do.
 *
 * Limits are never tightened step by step but stacked from scratch over the paths of the moment,
 * so that they relax when the path that narrowed them leaves.
 *
 * Objects:   one work per head; whatever changes a path queues it.
 * Contexts:  the work. It freezes the head, whose submitters never wait for a path, and holds no
 *            lock meanwhile that a path needs in order to join.
 * Locking:   the queue's limits_lock, then the head's SRCU, then the freeze.
 * Invariant: the result depends on the present paths and on what the user set, on nothing else.
 */
#include <linux/blk-integrity.h>
#include <linux/blkdev.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <kunit/visibility.h>
#include "internal.h"

#define MPATH_USER_FEATURES	(BLK_FEAT_IO_STAT | BLK_FEAT_ADD_RANDOM)
#define MPATH_USER_FLAGS	(BLK_FLAG_WRITE_CACHE_DISABLED | BLK_FLAG_IOSTATS_PASSTHROUGH)

/**
 * mpath_limits_start() - begin to stack limits
 * @stack: what to initialise
 *
 * No BLK_FEAT_POLL: a clone cannot be polled for. No alignment of its own: the paths have one.
 *
 * Context: Any.
 */
void mpath_limits_start(struct mpath_limits *stack)
{
	blk_set_stacking_limits(&stack->lim);
	stack->lim.dma_alignment = 0;
	stack->lim.features |= BLK_FEAT_IO_STAT | BLK_FEAT_NOWAIT | BLK_FEAT_ATOMIC_WRITES;
	stack->integrity = true;
	stack->discard = true;
	stack->secure_erase = true;
}
EXPORT_SYMBOL_IF_KUNIT(mpath_limits_start);

/**
 * mpath_limits_add() - stack the limits of one more path
 * @stack: the stack
 * @path: limits of the path
 *
 * blk_stack_limits() ignores a path that cannot discard or erase, because other stacking drivers
 * look at the target; here any path may get the bio, so one that cannot rules it out. What the
 * user set on a path stays there: the path splits by it.
 *
 * Context: Any.
 */
void mpath_limits_add(struct mpath_limits *stack, const struct queue_limits *path)
{
	struct queue_limits lim = *path;

	lim.max_user_sectors = 0;
	lim.max_user_wzeroes_unmap_sectors = UINT_MAX;
	/* A driver that lost write zeroes at run time clears one of the two only. */
	lim.max_hw_wzeroes_unmap_sectors = min(lim.max_hw_wzeroes_unmap_sectors,
					       lim.max_write_zeroes_sectors);
	if (!lim.max_discard_sectors)
		stack->discard = false;
	if (!lim.max_secure_erase_sectors)
		stack->secure_erase = false;
	blk_stack_limits(&stack->lim, &lim, 0);
	if (stack->integrity)
		stack->integrity = queue_limits_stack_integrity(&stack->lim, &lim);
}
EXPORT_SYMBOL_IF_KUNIT(mpath_limits_add);

/**
 * mpath_limits_finish() - end stacking
 * @stack: the stack; its @lim is ready to be committed
 * @old: limits of the head, from which what the user set is kept; NULL for a new head
 *
 * Context: Any.
 */
void mpath_limits_finish(struct mpath_limits *stack, const struct queue_limits *old)
{
	struct queue_limits *lim = &stack->lim;

	if (!stack->discard)
		lim->max_hw_discard_sectors = 0;
	if (!stack->secure_erase)
		lim->max_secure_erase_sectors = 0;
	if (!stack->integrity)
		memset(&lim->integrity, 0, sizeof(lim->integrity));
	if (!old)
		return;
	lim->max_user_sectors = old->max_user_sectors;
	lim->max_user_discard_sectors = old->max_user_discard_sectors;
	lim->max_user_wzeroes_unmap_sectors = old->max_user_wzeroes_unmap_sectors;
	lim->features &= ~MPATH_USER_FEATURES;
	lim->features |= old->features & MPATH_USER_FEATURES;
	lim->flags |= old->flags & MPATH_USER_FLAGS;
	if (lim->integrity.metadata_size && old->integrity.metadata_size)
		lim->integrity.flags |= old->integrity.flags &
			(BLK_INTEGRITY_NOGENERATE | BLK_INTEGRITY_NOVERIFY);
}
EXPORT_SYMBOL_IF_KUNIT(mpath_limits_finish);

static bool mpath_path_is_ready(struct mpath_path *path)
{
	return test_bit(MPATH_PATH_READY, &path->flags);
}

/* What did not change is not worth a freeze: most paths are like the others. */
static int mpath_commit_limits(struct request_queue *q, struct queue_limits *lim,
			       const struct queue_limits *old)
{
	if (!blk_validate_limits(lim) && !memcmp(lim, old, sizeof(*lim))) {
		queue_limits_cancel_update(q);
		return 0;
	}
	return queue_limits_commit_update_frozen(q, lim);
}

static void mpath_restack(struct mpath_head *head)
{
	struct mpath_limits *stack __free(kfree) =
		kmalloc_obj(*stack, GFP_KERNEL | __GFP_NOFAIL);
	struct request_queue *q = head->disk->queue;
	struct queue_limits old = queue_limits_start_update(q);
	struct mpath_path *path;
	bool any = false;
	int ret;

	mpath_limits_start(stack);
	scoped_guard(srcu_fast, &head->srcu) {
		mpath_for_each_path(path, head) {
			if (!mpath_path_is_ready(path) ||
			    test_bit(MPATH_PATH_SMALL, &path->flags))
				continue;
			mpath_limits_add(stack, bdev_limits(path->bdev));
			any = true;
		}
	}
	if (!any) {
		queue_limits_cancel_update(q);
		return;
	}
	mpath_limits_finish(stack, &old);
	ret = mpath_commit_limits(q, &stack->lim, &old);
	if (ret)
		pr_warn("%s: limits of the paths do not fit together: %d\n",
			head->disk->disk_name, ret);
}

static bool mpath_path_fits(struct mpath_path *path)
{
	const struct mpath_ops *ops = path->head->ops;

	return !ops->path_fits || ops->path_fits(path);
}

/**
 * mpath_path_check_size() - decide whether a path is large enough to be used
 * @path: the path
 *
 * A path whose size is not known, which is 0 then, waits until it was read; so does one that
 * &mpath_ops.path_fits does not approve of.
 *
 * Context: Process context.
 */
void mpath_path_check_size(struct mpath_path *path)
{
	struct gendisk *disk = path->head->disk;
	sector_t want = disk ? get_capacity(disk) : 0;
	sector_t size = bdev_nr_sectors(path->bdev);

	if (size && size >= want && mpath_path_fits(path)) {
		clear_bit(MPATH_PATH_WARNED, &path->flags);
		if (test_and_clear_bit(MPATH_PATH_SMALL, &path->flags))
			mpath_path_event(path);
		return;
	}
	set_bit(MPATH_PATH_SMALL, &path->flags);
	if (size && size < want && !test_and_set_bit(MPATH_PATH_WARNED, &path->flags))
		pr_warn("%s: %s is not used: it has %llu sectors, not %llu\n", disk->disk_name,
			path->bdev->bd_disk->disk_name, (unsigned long long)size,
			(unsigned long long)want);
}

static void mpath_check_sizes(struct mpath_head *head, bool small_only)
{
	struct mpath_path *path;

	guard(srcu_fast)(&head->srcu);
	mpath_for_each_path(path, head)
		if (mpath_path_is_ready(path) &&
		    (!small_only || test_bit(MPATH_PATH_SMALL, &path->flags)))
			mpath_path_check_size(path);
}

/*
 * The smallest path that is in use decides: a shrunk unit shrinks the head at once, and it grows
 * when the last path was revalidated. One read-only path makes the head read-only.
 */
static sector_t mpath_find_capacity(struct mpath_head *head, bool *read_only)
{
	sector_t capacity = 0;
	struct mpath_path *path;

	*read_only = false;
	guard(srcu_fast)(&head->srcu);
	mpath_for_each_path(path, head) {
		sector_t size = bdev_nr_sectors(path->bdev);

		if (!mpath_path_is_ready(path) || !size ||
		    test_bit(MPATH_PATH_SMALL, &path->flags))
			continue;
		capacity = capacity ? min(capacity, size) : size;
		*read_only |= get_disk_ro(path->bdev->bd_disk);
	}
	return capacity;
}

static void mpath_update_capacity(struct mpath_head *head)
{
	sector_t capacity;
	bool read_only;

	capacity = mpath_find_capacity(head, &read_only);
	if (capacity) {
		set_capacity_and_notify(head->disk, capacity);
		set_disk_ro(head->disk, read_only);
	}
	/* And which ones are small now? */
	mpath_check_sizes(head, false);
}

/**
 * mpath_limits_work() - restack limits and capacity
 * @work: &mpath_head.limits_work, which holds a reference on the head
 *
 * Context: Process context, on a workqueue with a rescuer. Freezes the head.
 */
void mpath_limits_work(struct work_struct *work)
{
	struct mpath_head *head = container_of(work, struct mpath_head, limits_work);
	/* A path whose size was read meanwhile is used only after the next run of this. */
	unsigned int noio = memalloc_noio_save();

	if (!test_bit(MPATH_HEAD_CLOSING, &head->flags)) {
		/* Which of the small paths were read meanwhile? They count from now on. */
		mpath_check_sizes(head, true);
		mpath_restack(head);
		mpath_update_capacity(head);
		mpath_head_queue_scan(head);
	}
	memalloc_noio_restore(noio);
	mpath_head_put(head);
}

/**
 * mpath_head_revalidate() - limits, capacity or the read-only flag of a path changed
 * @head: a head on which the caller has a reference
 *
 * Context: Any. A work does it, later.
 */
void mpath_head_revalidate(struct mpath_head *head)
{
	if (!head->disk)
		return;
	mpath_head_get(head);
	if (!queue_work(mpath_limits_wq, &head->limits_work))
		mpath_head_put(head);
}
EXPORT_SYMBOL_GPL(mpath_head_revalidate);

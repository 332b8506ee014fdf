// SPDX-License-Identifier: GPL-2.0
/*
 * Life of a path: init, join, kill, leave, exit.
 *
 * Objects:   the path, embedded in an object of the user; an index in its head; a percpu_ref that
 *            each clone in flight holds.
 * Contexts:  kill and event from any context, the rest from process context.
 * Locking:   &mpath_head.lock for the list and the indices; readers hold &mpath_head.srcu.
 * Invariant: READY is cleared before the reference is killed, so a selection that fails to get
 *            the reference does not find the same path again. Nobody remembers a path by pointer,
 *            so one SRCU grace period after it was unlinked suffices.
 */
#include <linux/bitmap.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <kunit/visibility.h>
#include "internal.h"

static void mpath_path_release(struct percpu_ref *ref)
{
	struct mpath_path *path = container_of(ref, struct mpath_path, ref);

	complete_all(&path->drained);
}

static int mpath_path_take_index(struct mpath_path *path)
{
	struct mpath_head *head = path->head;
	unsigned int paths, index;

	guard(mutex)(&head->lock);
	if (mpath_head_is_ending(head))
		return -ENODEV;
	paths = bitmap_weight(head->path_ids, MPATH_MAX_PATHS);
	index = find_first_zero_bit(head->path_ids, MPATH_MAX_PATHS);
	if (index == MPATH_MAX_PATHS)
		return -ENOSPC;
	if (mpath_contexts_resize(head, paths + 1)) {
		mpath_head_check_last_path(head);
		return -ENOMEM;
	}
	__set_bit(index, head->path_ids);
	path->index = index;
	set_bit(MPATH_PATH_INDEXED, &path->flags);
	return 0;
}

static void mpath_path_give_index(struct mpath_path *path)
{
	struct mpath_head *head = path->head;

	guard(mutex)(&head->lock);
	if (!test_and_clear_bit(MPATH_PATH_INDEXED, &path->flags))
		return;
	__clear_bit(path->index, head->path_ids);
	mpath_contexts_resize(head, bitmap_weight(head->path_ids, MPATH_MAX_PATHS));
	mpath_head_check_last_path(head);
}

/**
 * mpath_path_init() - make a path of a head, not yet used
 * @path: memory of the path, in an object of the user
 * @head: the head; the path takes a reference
 * @bdev: whole-disk block device of the path's disk, valid until mpath_path_leave()
 * @node: NUMA node of the hardware, or NUMA_NO_NODE
 *
 * From here until mpath_path_leave() or mpath_path_exit() the head is not removed, except by
 * mpath_head_remove(). A pending delayed removal is called off.
 *
 * Context: Process context, may sleep. Takes &mpath_head.lock.
 * Return: 0; -ENODEV on a closing head, -ENOSPC if it has MPATH_MAX_PATHS paths, -ENOMEM. Nothing
 *	is left to be undone then.
 */
int mpath_path_init(struct mpath_path *path, struct mpath_head *head, struct block_device *bdev,
		    int node)
{
	int ret;

	memset(path, 0, sizeof(*path));
	INIT_LIST_HEAD(&path->siblings);
	init_completion(&path->drained);
	path->head = head;
	path->bdev = bdev;
	path->node = node;
	path->depth_at = jiffies - HZ; /* the first look counts */
	path->stats = alloc_percpu(struct mpath_path_stats);
	if (!path->stats)
		return -ENOMEM;
	ret = percpu_ref_init(&path->ref, mpath_path_release, 0, GFP_KERNEL);
	if (ret)
		goto free_stats;
	ret = mpath_path_take_index(path);
	if (ret)
		goto exit_ref;
	mpath_head_get(head);
	return 0;

exit_ref:
	percpu_ref_exit(&path->ref);
free_stats:
	free_percpu(path->stats);
	return ret;
}
EXPORT_SYMBOL_GPL(mpath_path_init);

/* READY and KILLED change in one step, so a killed path never looks ready, not for a moment. */
static bool mpath_path_make_ready(struct mpath_path *path)
{
	unsigned long flags = READ_ONCE(path->flags);

	do {
		if (flags & BIT(MPATH_PATH_KILLED))
			return false;
	} while (!try_cmpxchg(&path->flags, &flags, flags | BIT(MPATH_PATH_READY)));
	return true;
}

/**
 * mpath_path_join() - let I/O use a path
 * @path: a path after mpath_path_init()
 *
 * I/O that waits goes on first; the limits of the head are restacked later, by its own work. Until
 * then a bio may be too large for @path and is split there.
 *
 * Context: Process context, may sleep. Takes &mpath_head.lock.
 * Return: 0; -ENODEV if the head is closing or the path was killed.
 */
int mpath_path_join(struct mpath_path *path)
{
	struct mpath_head *head = path->head;

	scoped_guard(mutex, &head->lock) {
		if (mpath_head_is_ending(head))
			return -ENODEV;
		mpath_path_check_size(path);
		WRITE_ONCE(path->event_seq, atomic_read(&head->seq));
		if (!mpath_path_make_ready(path))
			return -ENODEV;
		set_bit(MPATH_PATH_JOINED, &path->flags);
		rcu_assign_pointer(head->by_index[path->index], path);
		list_add_tail_rcu(&path->siblings, &head->paths);
	}
	mpath_path_event(path);
	mpath_head_revalidate(head);
	return 0;
}
EXPORT_SYMBOL_GPL(mpath_path_join);

/**
 * mpath_path_kill() - let no further I/O use a path
 * @path: a path after mpath_path_init()
 *
 * Does not wait. A clone in flight that ends with an I/O error from now on is moved. May be called
 * more than once; mpath_path_leave() does it too.
 *
 * Context: Any.
 */
void mpath_path_kill(struct mpath_path *path)
{
	unsigned long flags = READ_ONCE(path->flags), killed;

	do {
		if (flags & BIT(MPATH_PATH_KILLED))
			return;
		killed = (flags | BIT(MPATH_PATH_KILLED)) & ~BIT(MPATH_PATH_READY);
	} while (!try_cmpxchg(&path->flags, &flags, killed));
	/* Ordered after the flags; pairs with mpath_head_select(). */
	percpu_ref_kill(&path->ref);
	mpath_path_event(path);
}
EXPORT_SYMBOL_GPL(mpath_path_kill);

/**
 * mpath_path_leave() - take a path off its head
 * @path: a path after mpath_path_init(), whether it joined or not
 *
 * When this returns no bio is in flight on the path and none will be; its disk may go. The last
 * path to leave starts the removal of the head, which a work does later.
 *
 * Context: Process context. Sleeps until the driver has ended every clone: it must be able to
 *	fail them, so the path's disk is marked dead before. Takes &mpath_head.lock.
 */
void mpath_path_leave(struct mpath_path *path)
{
	struct mpath_head *head = path->head;

	mpath_path_kill(path);
	scoped_guard(mutex, &head->lock) {
		if (test_and_clear_bit(MPATH_PATH_JOINED, &path->flags)) {
			list_del_rcu(&path->siblings);
			RCU_INIT_POINTER(head->by_index[path->index], NULL);
		}
	}
	synchronize_srcu_expedited(&head->srcu);
	wait_for_completion(&path->drained);
	mpath_head_note_loss(head);
	mpath_path_give_index(path);
	mpath_head_kick(head);
	mpath_head_revalidate(head);
}
EXPORT_SYMBOL_GPL(mpath_path_leave);

/**
 * mpath_path_exit() - free what mpath_path_init() allocated
 * @path: a path that has left, or that never joined
 *
 * Context: Process context, may sleep. Drops the reference on the head.
 */
void mpath_path_exit(struct mpath_path *path)
{
	struct mpath_head *head = path->head;

	WARN_ON_ONCE(test_bit(MPATH_PATH_JOINED, &path->flags));
	if (test_bit(MPATH_PATH_KILLED, &path->flags))
		wait_for_completion(&path->drained);
	mpath_path_give_index(path);
	percpu_ref_exit(&path->ref);
	free_percpu(path->stats);
	mpath_head_put(head);
}
EXPORT_SYMBOL_GPL(mpath_path_exit);

/**
 * mpath_path_event() - the state of a path changed
 * @path: the path
 *
 * To be called after every change of what &mpath_ops.path_state returns. A bio that failed on this
 * path may be sent there again; CPUs look for a better path; I/O that waits goes on or fails.
 *
 * Context: Any.
 */
void mpath_path_event(struct mpath_path *path)
{
	struct mpath_head *head = path->head;

	WRITE_ONCE(path->event_seq, atomic_inc_return(&head->seq));
	mpath_head_note_loss(head);
	mpath_head_kick(head);
	mpath_head_queue_scan(head);
}
EXPORT_SYMBOL_GPL(mpath_path_event);

/**
 * mpath_path_get_any() - hold a path for something that is not I/O
 * @head: the head
 *
 * Context: Process context; takes the head's SRCU.
 * Return: the path that I/O would use, else any that is not gone, else NULL. To be
 *	put with mpath_path_put(); until then mpath_path_leave() waits.
 */
struct mpath_path *mpath_path_get_any(struct mpath_head *head)
{
	struct mpath_path *path = mpath_head_select(head);

	if (path)
		return path;
	guard(srcu_fast)(&head->srcu);
	mpath_for_each_path(path, head)
		if (head->ops->path_state(path) != MPATH_GONE && percpu_ref_tryget_live(&path->ref))
			return path;
	return NULL;
}
EXPORT_SYMBOL_GPL(mpath_path_get_any);

/**
 * mpath_path_put() - put what mpath_path_get_any() returned
 * @path: the path
 *
 * Context: Any.
 */
void mpath_path_put(struct mpath_path *path)
{
	percpu_ref_put(&path->ref);
}
EXPORT_SYMBOL_GPL(mpath_path_put);

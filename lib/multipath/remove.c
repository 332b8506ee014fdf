// SPDX-License-Identifier: GPL-2.0
/*
 * Removal of a head's disk, at once or when its last path has been gone for some time.
 *
 * Contexts:  the library's workqueue only. The last path is removed under locks of its bus, and
 *            del_gendisk() waits for I/O and openers that may need them.
 * Locking:   CLOSING is set under &mpath_head.lock, where also paths come and go.
 * Invariant: a path that got its index before CLOSING was set keeps the head; one that comes after
 *            is refused.
 */
#include <linux/bitmap.h>
#include <linux/module.h>
#include "internal.h"

/**
 * mpath_head_check_last_path() - start the removal if there is no path
 * @head: the head
 *
 * A disk that never was added has nothing to wait for.
 *
 * Context: Process context. The caller holds @head->lock.
 */
void mpath_head_check_last_path(struct mpath_head *head)
{
	unsigned long delay = 0;

	lockdep_assert_held(&head->lock);
	if (!head->disk || !bitmap_empty(head->path_ids, MPATH_MAX_PATHS) ||
	    test_bit(MPATH_HEAD_CLOSING, &head->flags))
		return;
	if (test_bit(MPATH_HEAD_ADDED, &head->flags) && !test_bit(MPATH_HEAD_FORCED, &head->flags))
		delay = head->delayed_removal_secs * HZ;
	mod_delayed_work(mpath_wq, &head->remove_work, delay);
}

static bool mpath_head_close(struct mpath_head *head)
{
	guard(mutex)(&head->lock);
	/* Pending again: another last path left while this waited for the lock, and armed it. */
	if (!test_bit(MPATH_HEAD_FORCED, &head->flags) &&
	    (!bitmap_empty(head->path_ids, MPATH_MAX_PATHS) ||
	     delayed_work_pending(&head->remove_work)))
		return false;
	return !test_and_set_bit(MPATH_HEAD_CLOSING, &head->flags);
}

/**
 * mpath_remove_work() - remove the disk of a head that has no path
 * @work: &mpath_head.remove_work
 *
 * Context: Process context, on the library's workqueue. Waits for the requeue work, and for I/O.
 */
void mpath_remove_work(struct work_struct *work)
{
	struct mpath_head *head = container_of(to_delayed_work(work), struct mpath_head,
					       remove_work);

	if (!mpath_head_close(head))
		return;
	/* Nothing waits from now on: who saw the head live has parked, and the kick finds it. */
	clear_bit(MPATH_HEAD_LIVE, &head->flags);
	synchronize_srcu(&head->srcu);
	mpath_head_kick(head);
	flush_delayed_work(&head->requeue_work);
	/* Neither changes the disk any more while it goes, nor announces a change. */
	if (cancel_work_sync(&head->limits_work))
		mpath_head_put(head);
	if (cancel_work_sync(&head->scan_work))
		mpath_head_put(head);
	if (test_bit(MPATH_HEAD_ADDED, &head->flags))
		del_gendisk(head->disk);
	if (head->ops->disk_removed)
		head->ops->disk_removed(head);
	mpath_head_put(head);
}

/**
 * mpath_head_remove() - remove the disk of a head now
 * @head: a head on which the caller has a reference
 *
 * Does not wait for a delayed removal, nor for the paths: those that are there stay until the user
 * makes them leave, and no other comes. Does not wait for the removal either.
 *
 * Context: Process context, may sleep. Takes @head->lock.
 */
void mpath_head_remove(struct mpath_head *head)
{
	guard(mutex)(&head->lock);
	if (!head->disk || mpath_head_is_ending(head))
		return;
	set_bit(MPATH_HEAD_FORCED, &head->flags);
	mod_delayed_work(mpath_wq, &head->remove_work, 0);
}
EXPORT_SYMBOL_GPL(mpath_head_remove);

/**
 * mpath_head_set_delayed_removal() - set how long a head outlives its last path
 * @head: the head
 * @secs: seconds, at most MPATH_MAX_WAIT_SECS
 *
 * A removal that is pending is put off, or brought forward, to that time from now.
 *
 * Context: Process context, may sleep. Takes @head->lock.
 */
void mpath_head_set_delayed_removal(struct mpath_head *head, unsigned int secs)
{
	guard(mutex)(&head->lock);
	WRITE_ONCE(head->delayed_removal_secs, min(secs, MPATH_MAX_WAIT_SECS));
	if (delayed_work_pending(&head->remove_work))
		mpath_head_check_last_path(head);
	mpath_head_kick(head);
}
EXPORT_SYMBOL_GPL(mpath_head_set_delayed_removal);

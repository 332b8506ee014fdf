// SPDX-License-Identifier: GPL-2.0
/*
 * Life of a multipath head.
 *
 * Objects:   the head, embedded in an object of the user, and the workqueue of the library.
 * Contexts:  process context, except for references that are taken.
 * Locking:   a kref. Users, paths, the disk until its removal and queued works hold it; openers
 *            hold the gendisk, which outlives the kref and is the last to let the head go.
 * Invariant: when the head is freed nothing of it is queued, running or waiting, and the last
 *            instruction that runs for it is one of this library: a user that has seen
 *            &mpath_ops.free_head return knows that after mpath_flush().
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <kunit/visibility.h>
#include "internal.h"

/* Scans, removals and the end of heads; none of it is needed to write memory back. */
struct workqueue_struct *mpath_wq;
/* Restacks: a path may have to wait for one. */
struct workqueue_struct *mpath_limits_wq;

static void mpath_head_free_parts(struct mpath_head *head)
{
	if (head->wq)
		destroy_workqueue(head->wq);
	mempool_exit(&head->contexts);
	free_percpu(head->choice);
	cleanup_srcu_struct(&head->srcu);
	mutex_destroy(&head->lock);
}

static void mpath_free_work(struct work_struct *work)
{
	struct mpath_head *head = container_of(work, struct mpath_head, free_work);

	cancel_delayed_work_sync(&head->remove_work);
	cancel_work_sync(&head->scan_work);
	cancel_work_sync(&head->limits_work);
	mpath_head_kick(head);
	flush_delayed_work(&head->requeue_work);
	cancel_delayed_work_sync(&head->requeue_work);
	WARN_ON_ONCE(!list_empty(&head->retry) || !bio_list_empty(&head->parked));
	mpath_head_free_parts(head);
	head->ops->free_head(head);
}

/**
 * mpath_free_disk() - &block_device_operations.free_disk of a head's disk
 * @disk: the disk, which nobody uses any more
 *
 * The head ends asynchronously, so the context of the last close does not matter to its user.
 *
 * Context: Process context.
 */
void mpath_free_disk(struct gendisk *disk)
{
	struct mpath_head *head = disk->private_data;

	queue_work(mpath_wq, &head->free_work);
}
EXPORT_SYMBOL_GPL(mpath_free_disk);

/* An added disk calls mpath_free_disk() when its last opener is gone. */
static void mpath_head_release(struct kref *ref)
{
	struct mpath_head *head = container_of(ref, struct mpath_head, ref);
	bool added = test_bit(MPATH_HEAD_ADDED, &head->flags);

	if (head->disk)
		put_disk(head->disk);
	if (!added)
		queue_work(mpath_wq, &head->free_work);
}

/**
 * mpath_head_init() - make a head
 * @head: memory of the head, zeroed, in an object of the user
 * @ops: the user's operations
 * @policy: name of the policy, NULL for the default
 *
 * The caller owns a reference. After this, @head goes by mpath_head_put() and ops->free_head()
 * only. A head that got a disk must also be removed: that happens by itself when its last path is
 * gone, or by mpath_head_remove().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL if there is no such policy, -ENOMEM; nothing is left to be undone then.
 */
int mpath_head_init(struct mpath_head *head, const struct mpath_ops *ops, const char *policy)
{
	static atomic_t number;

	head->ops = ops;
	head->policy = mpath_policy_find(policy);
	if (!head->policy)
		return -EINVAL;
	if (init_srcu_struct_fast(&head->srcu))
		return -ENOMEM;
	mutex_init(&head->lock);
	INIT_LIST_HEAD(&head->paths);
	kref_init(&head->ref);
	mpath_requeue_init(head);
	INIT_WORK(&head->scan_work, mpath_scan_work);
	INIT_WORK(&head->limits_work, mpath_limits_work);
	INIT_DELAYED_WORK(&head->remove_work, mpath_remove_work);
	INIT_WORK(&head->free_work, mpath_free_work);

	head->choice = alloc_percpu(unsigned int);
	head->wq = alloc_workqueue("mpath_%u", WQ_MEM_RECLAIM | WQ_UNBOUND | WQ_HIGHPRI, 1,
				   atomic_inc_return(&number));
	if (!head->choice || !head->wq || mpath_contexts_init(head)) {
		mpath_head_free_parts(head);
		return -ENOMEM;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(mpath_head_init);

/**
 * mpath_head_tryget() - take a reference on a head that may be about to end
 * @head: a head whose memory the caller knows to be there
 *
 * Context: Any.
 * Return: true if the caller owns a reference now.
 */
bool mpath_head_tryget(struct mpath_head *head)
{
	return kref_get_unless_zero(&head->ref);
}
EXPORT_SYMBOL_GPL(mpath_head_tryget);

/**
 * mpath_head_get() - take one more reference
 * @head: a head on which somebody has a reference
 *
 * Context: Any.
 */
void mpath_head_get(struct mpath_head *head)
{
	kref_get(&head->ref);
}
EXPORT_SYMBOL_GPL(mpath_head_get);

/**
 * mpath_head_put() - put a reference
 * @head: the head; may be gone when this returns
 *
 * Context: Process context, may sleep. &mpath_ops.free_head is not called from here but from a
 *	work, so the caller may hold any lock.
 */
void mpath_head_put(struct mpath_head *head)
{
	kref_put(&head->ref, mpath_head_release);
}
EXPORT_SYMBOL_GPL(mpath_head_put);

/**
 * mpath_flush() - wait for the works of the library that are queued or running
 *
 * For the exit of a user's module: after its last &mpath_ops.free_head was called, this waits
 * until that call has returned. Does not expedite anything and does not wait for delayed removals.
 *
 * Context: Process context, may sleep; not from &mpath_ops.free_head.
 */
void mpath_flush(void)
{
	flush_workqueue(mpath_limits_wq);
	flush_workqueue(mpath_wq);
}
EXPORT_SYMBOL_GPL(mpath_flush);

static int __init mpath_init(void)
{
	int ret;

	ret = mpath_contexts_setup();
	if (ret)
		return ret;
	ret = -ENOMEM;
	mpath_wq = alloc_workqueue("mpath", WQ_UNBOUND, 0);
	if (!mpath_wq)
		goto takedown;
	mpath_limits_wq = alloc_workqueue("mpath_limits", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!mpath_limits_wq)
		goto destroy_wq;
	return 0;

destroy_wq:
	destroy_workqueue(mpath_wq);
takedown:
	mpath_contexts_takedown();
	return ret;
}

static void __exit mpath_exit(void)
{
	destroy_workqueue(mpath_limits_wq);
	destroy_workqueue(mpath_wq);
	mpath_contexts_takedown();
}

/* Before the users: they initialise after the subsystems when built in. */
subsys_initcall(mpath_init);
module_exit(mpath_exit);

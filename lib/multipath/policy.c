// SPDX-License-Identifier: GPL-2.0
/*
 * Choice of the path for the next bio: the table of policies and what they share.
 *
 * Objects:   a policy is one row of mpath_policies and one file; a head points to its policy.
 * Contexts:  selection runs for every bio, in the submitter or in the requeue work.
 * Locking:   the head's SRCU. A policy reads live state and writes per-CPU memory only, but for
 *            queue-depth, which now and then writes the depth of a path for all to read.
 * Invariant: optimized paths before usable ones, usable ones before those of unknown state, and a
 *            path that was killed or is too small never.
 */
#include <linux/module.h>
#include <linux/string.h>
#include <kunit/visibility.h>
#include "internal.h"

static const struct mpath_policy * const mpath_policies[] = {
	&mpath_policy_numa,		/* the default */
	&mpath_policy_round_robin,
	&mpath_policy_queue_depth,
};

/**
 * mpath_policy_find() - look a policy up by its name
 * @name: the whole name, one newline at its end allowed; NULL for the default
 *
 * Context: Any.
 * Return: the policy, or NULL if there is none of this name.
 */
const struct mpath_policy *mpath_policy_find(const char *name)
{
	size_t i;

	if (!name)
		return mpath_policies[0];
	for (i = 0; i < ARRAY_SIZE(mpath_policies); i++)
		if (sysfs_streq(name, mpath_policies[i]->name))
			return mpath_policies[i];
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(mpath_policy_find);

/**
 * mpath_policy_name() - the name of a policy, to be kept
 * @name: the whole name, one newline at its end allowed; NULL for the default
 *
 * Context: Any.
 * Return: the name, which stays valid while the library is there and which mpath_head_init() and
 * mpath_head_set_policy() accept; NULL if there is no such policy.
 */
const char *mpath_policy_name(const char *name)
{
	const struct mpath_policy *policy = mpath_policy_find(name);

	return policy ? policy->name : NULL;
}
EXPORT_SYMBOL_GPL(mpath_policy_name);

/**
 * mpath_head_set_policy() - choose the policy of a head
 * @head: the head
 * @name: "numa", "round-robin" or "queue-depth", one newline at its end allowed
 *
 * Takes effect with the next bio. What the former policy remembered is not used.
 *
 * Context: Any.
 * Return: 0, or -EINVAL if there is no policy of this name.
 */
int mpath_head_set_policy(struct mpath_head *head, const char *name)
{
	const struct mpath_policy *policy = name ? mpath_policy_find(name) : NULL;

	if (!policy)
		return -EINVAL;
	WRITE_ONCE(head->policy, policy);
	atomic_inc(&head->seq);
	return 0;
}
EXPORT_SYMBOL_GPL(mpath_head_set_policy);

/**
 * mpath_head_policy_name() - name of the policy of a head
 * @head: the head
 *
 * Context: Any.
 * Return: the name, a constant string.
 */
const char *mpath_head_policy_name(const struct mpath_head *head)
{
	return READ_ONCE(head->policy)->name;
}
EXPORT_SYMBOL_GPL(mpath_head_policy_name);

/**
 * mpath_head_has_path() - could a bio be issued now?
 * @head: the head
 *
 * Context: Any; the caller holds the head's SRCU.
 * Return: true if some path is usable.
 */
bool mpath_head_has_path(struct mpath_head *head)
{
	struct mpath_path *path;

	mpath_for_each_path(path, head)
		if (mpath_state_is_usable(mpath_path_state(path)))
			return true;
	return false;
}

/*
 * The clock of a loss starts with the first look that finds no path. Zero means "none lost", so
 * the time is made odd, downwards: it must not lie in the future.
 */
static void mpath_head_set_lost(struct mpath_head *head, bool lost)
{
	unsigned long was = READ_ONCE(head->lost_at), now;
	bool was_lost = was;

	if (likely(lost == was_lost))
		return;
	/* Who finds the clock as it should be goes away, so it must be right when this is done. */
	for (;;) {
		now = lost ? (jiffies - 1) | 1 : 0;
		if (cmpxchg(&head->lost_at, was, now) != was)
			return;
		if (lost != mpath_head_has_path(head))
			break;
		lost = !lost;
		was = now;
	}
	if (lost != was_lost && test_bit(MPATH_HEAD_ADDED, &head->flags))
		pr_info_ratelimited("%s: %s\n", head->disk->disk_name,
				    lost ? "no usable path" : "a path is usable again");
}

/**
 * mpath_head_lost_ms() - how long has a head been without a usable path?
 * @head: the head
 *
 * Context: Any.
 * Return: milliseconds since the loss, 0 if a path is usable.
 */
unsigned int mpath_head_lost_ms(const struct mpath_head *head)
{
	unsigned long lost_at = READ_ONCE(head->lost_at);

	if (!lost_at)
		return 0;
	/* Beyond all bounds, but not around the corner. */
	return jiffies_to_msecs(min(jiffies - lost_at, 2UL * MPATH_MAX_WAIT_SECS * HZ));
}

/**
 * mpath_head_note_loss() - start or stop the clock of a head without a usable path
 * @head: the head
 *
 * Called when something changed, so that waiting is counted from the loss and not from the first
 * bio after it.
 *
 * Context: Any; takes the head's SRCU.
 */
void mpath_head_note_loss(struct mpath_head *head)
{
	guard(srcu_fast)(&head->srcu);
	mpath_head_set_lost(head, !mpath_head_has_path(head));
}

/**
 * mpath_head_select() - choose a path for the next bio, and hold it
 * @head: the head
 *
 * Starts the clock of the loss when there is no path, and stops it when there is one.
 *
 * Context: Process context; takes the head's SRCU.
 * Return: a path with a reference for one clone, or NULL if no path is usable.
 */
struct mpath_path *mpath_head_select(struct mpath_head *head)
{
	struct mpath_path *path;

	guard(srcu_fast)(&head->srcu);
	while ((path = READ_ONCE(head->policy)->select(head))) {
		if (likely(percpu_ref_tryget_live(&path->ref))) {
			mpath_head_set_lost(head, false);
			return path;
		}
		/* Killed meanwhile. READY was cleared before, so the next look sees another. */
		smp_rmb();
	}
	mpath_head_set_lost(head, true);
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(mpath_head_select);

MODULE_DESCRIPTION("Block devices over several paths");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
/*
 * Policy "round-robin": the best paths in turn.
 *
 * Each CPU goes round by itself, in the order of the indices. The next path is the one of lowest
 * distance after the last index, found by one pass over the list; whether the last path still
 * exists makes no difference, so nothing can spin on one that was unlinked.
 */
#include "internal.h"

static u64 mpath_round_robin_cost(struct mpath_path *path, unsigned int last)
{
	return mpath_index_distance(path->index, last);
}

static struct mpath_path *mpath_round_robin_select(struct mpath_head *head)
{
	unsigned int last = mpath_choice_index(READ_ONCE(*raw_cpu_ptr(head->choice)));
	struct mpath_path *path = mpath_scan_paths(head, mpath_round_robin_cost, last);

	if (path)
		WRITE_ONCE(*raw_cpu_ptr(head->choice), path->index);
	return path;
}

const struct mpath_policy mpath_policy_round_robin = {
	.name = "round-robin",
	.select = mpath_round_robin_select,
};

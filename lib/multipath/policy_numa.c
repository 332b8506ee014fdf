// SPDX-License-Identifier: GPL-2.0
/*
 * Policy "numa": the nearest of the best paths, the same one until something changes.
 *
 * A CPU remembers its choice and the number of path events at that time, and keeps to it while
 * no event was counted and the path is optimized. With no optimized path it looks each time: that
 * is an exceptional and, on a head of few paths, a cheap case.
 */
#include <linux/numa.h>
#include <linux/topology.h>
#include "internal.h"

static u64 mpath_numa_cost(struct mpath_path *path, unsigned int node)
{
	if (path->node == NUMA_NO_NODE)
		return LOCAL_DISTANCE;
	return node_distance(node, path->node);
}

static struct mpath_path *mpath_numa_select(struct mpath_head *head)
{
	unsigned int seq = atomic_read(&head->seq);
	unsigned int choice = READ_ONCE(*raw_cpu_ptr(head->choice));
	unsigned int index = mpath_choice_index(choice);
	struct mpath_path *path;

	if (likely(choice == mpath_choice_encode(seq, index))) {
		path = srcu_dereference(head->by_index[index], &head->srcu);
		if (likely(path && mpath_path_state(path) == MPATH_OPTIMIZED))
			return path;
	}

	path = mpath_scan_paths(head, mpath_numa_cost, numa_node_id());
	if (path)
		WRITE_ONCE(*raw_cpu_ptr(head->choice), mpath_choice_encode(seq, path->index));
	return path;
}

const struct mpath_policy mpath_policy_numa = {
	.name = "numa",
	.select = mpath_numa_select,
};

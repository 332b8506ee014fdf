// SPDX-License-Identifier: GPL-2.0
/*
 * Policy "queue-depth": the best path with the fewest clones in flight.
 *
 * A counter per path that every CPU writes for every bio would cost more than an uneven choice.
 * So clones are counted per CPU and summed at most once in MPATH_DEPTH_INTERVAL for each path;
 * between two sums a CPU adds what it has itself started and seen ended since. The figure is
 * therefore wrong by what the other CPUs started and ended on the path within one interval. Equal
 * paths are used in turn.
 */
#include "internal.h"

#define MPATH_DEPTH_INTERVAL	max(1, HZ / 250)

static unsigned int mpath_depth_on_cpu(const struct mpath_path_stats *stats)
{
	return READ_ONCE(stats->started) - READ_ONCE(stats->finished);
}

static unsigned long mpath_depth_sum(struct mpath_path *path)
{
	unsigned long now = jiffies;
	unsigned int depth = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		depth += mpath_depth_on_cpu(per_cpu_ptr(path->stats, cpu));
	WRITE_ONCE(path->depth, depth);
	WRITE_ONCE(path->depth_at, now);
	return now;
}

/* A task that moves to another CPU on the way is one more source of the error described above. */
static unsigned int mpath_depth(struct mpath_path *path)
{
	struct mpath_path_stats *own = raw_cpu_ptr(path->stats);
	unsigned long at = READ_ONCE(path->depth_at);
	unsigned int here = mpath_depth_on_cpu(own);
	int depth;

	if (time_after_eq(jiffies, at + MPATH_DEPTH_INTERVAL))
		at = mpath_depth_sum(path);
	if (own->depth_seen != at) {
		own->depth_seen = at;
		own->depth_base = here;
	}
	depth = READ_ONCE(path->depth) + here - own->depth_base;
	return max(depth, 0);
}

static u64 mpath_queue_depth_cost(struct mpath_path *path, unsigned int last)
{
	u64 depth = min(mpath_depth(path), U32_MAX / MPATH_MAX_PATHS);

	return depth * MPATH_MAX_PATHS + mpath_index_distance(path->index, last);
}

static struct mpath_path *mpath_queue_depth_select(struct mpath_head *head)
{
	unsigned int last = mpath_choice_index(READ_ONCE(*raw_cpu_ptr(head->choice)));
	struct mpath_path *path = mpath_scan_paths(head, mpath_queue_depth_cost, last);

	if (path)
		WRITE_ONCE(*raw_cpu_ptr(head->choice), path->index);
	return path;
}

const struct mpath_policy mpath_policy_queue_depth = {
	.name = "queue-depth",
	.select = mpath_queue_depth_select,
};

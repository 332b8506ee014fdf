// SPDX-License-Identifier: GPL-2.0
/*
 * Sums of the per-CPU counters of a path.
 */
#include <linux/module.h>
#include <linux/percpu.h>
#include "internal.h"

/**
 * mpath_path_read_stats() - sum the counters of a path over all CPUs
 * @path: the path
 * @sum: where to; started - finished are the clones in flight
 *
 * Not a snapshot: bios go on meanwhile, and on 32 bits a counter that overflows its lower half at
 * this moment may be read wrong.
 *
 * Context: Any.
 */
void mpath_path_read_stats(const struct mpath_path *path, struct mpath_path_stats *sum)
{
	int cpu, i;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct mpath_path_stats *stats = per_cpu_ptr(path->stats, cpu);

		for (i = 0; i < ARRAY_SIZE(sum->ios); i++) {
			sum->ios[i] += READ_ONCE(stats->ios[i]);
			sum->sectors[i] += READ_ONCE(stats->sectors[i]);
		}
		sum->errors += READ_ONCE(stats->errors);
		sum->passed_up += READ_ONCE(stats->passed_up);
		sum->started += READ_ONCE(stats->started);
		sum->finished += READ_ONCE(stats->finished);
	}
}
EXPORT_SYMBOL_GPL(mpath_path_read_stats);

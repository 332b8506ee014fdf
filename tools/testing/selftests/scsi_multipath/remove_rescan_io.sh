#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Paths are deleted and found again by a scan while verified I/O runs: the workload sees nothing,
# each path that returns is used again, and the head keeps its name.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

ROUNDS=$(count_for 2 200)

# one PATH OTHER: PATH goes by a delete and comes by a scan
one()
{
	path_delete "$1" && head_ready "$2" 1 && io_advances "$HEAD" && path_rescan "$1" &&
		wait_for 20 head_ready "$1" 2 && path_hidden "$1" && path_carries "$1"
}

by_delete()
{
	local i

	for ((i = 0; i < ROUNDS; i++)); do
		one 1 2 && one 2 1 || { echo "round $i"; return 1; }
	done
}

# The same from the target's side, where the LUN is taken away and mapped again
by_unmap()
{
	local i p

	for ((i = 0; i < ROUNDS; i++)); do
		p=$((i % 2 + 1))
		lio_unmap $p && io_advances "$HEAD" && lio_map $p d0 &&
			wait_for 20 head_ready $p 2 && path_carries $p ||
			{ echo "round $i"; return 1; }
	done
}

# A cut path is deleted: its commands are failing at that moment.
dead_path()
{
	local i

	for ((i = 0; i < ROUNDS; i++)); do
		path_cut 1 && path_delete 1 && io_advances "$HEAD" &&
			path_restore 1 && path_rescan 1 &&
			wait_for 20 head_ready 1 2 && path_carries 1 ||
			{ echo "round $i"; return 1; }
	done
}

# More paths than at the start, then fewer
grow_and_shrink()
{
	lio_port 3 && lio_map 3 d0 && wait_for 20 head_ready 3 3 && path_carries 3 &&
		path_delete 1 && path_delete 2 && io_advances "$HEAD" &&
		path_rescan 1 && path_rescan 2 && wait_for 20 head_ready 1 3 && path_carries 1
}

same_head() { [ "$(head_of 1)" = "$HEAD" ] && [ "$(heads_count)" -eq 1 ]; }

lab_begin 7 fio mod:scsi_multipath
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "one disk over two ports" lab_up paths=2 store=fileio groups=3
head_set iopolicy round-robin
fio_start steady "$HEAD" --size=16m

check "paths deleted and scanned, $ROUNDS times each" by_delete
check "LUN unmapped and mapped at the target, $ROUNDS times" by_unmap
check "a dead path deleted, $ROUNDS times" dead_path
check "a third path joins, the first two go and return" grow_and_shrink
check "still the same head" same_head
check "the workload saw no error and no wrong byte" fio_stop steady
ktap_finished

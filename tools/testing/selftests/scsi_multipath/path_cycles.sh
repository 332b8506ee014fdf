#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Very many deletes and rescans of paths under verified I/O: nothing leaks, nothing is lost. The
# short form does what fits into 40 s, the long one 1,000 cycles, 100 on a debug kernel.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

MIN=4
if lab_is_debug; then N=100; else N=1000; fi
CI_SECS=40

cycle()
{
	path_delete "$1" && path_rescan "$1" && wait_for 20 head_ready "$1" 2
}

enough() { [ "${SCSI_MPATH_SOAK:-0}" != 1 ] && [ "$1" -ge $MIN ] && [ $SECONDS -ge "$2" ]; }

cycles()
{
	local i end=$((SECONDS + CI_SECS))

	for ((i = 0; i < N; i++)); do
		cycle $((i % 2 + 1)) || { echo "cycle $i: $LAB_WHY"; return 1; }
		fio_running steady || { echo "cycle $i: the workload ended"; return 1; }
		if enough $((i + 1)) $end; then N=$((i + 1)); fi
	done
}

one_head() { [ "$(head_of 1)" = "$HEAD" ] && [ "$(heads_count)" -eq 1 ]; }
carries() { path_carries 1 && path_carries 2; }

# Device numbers, names and instances are given back: a new head gets the lowest again, at the
# latest when the last opener (udev) has let go of the old one.
new_head()
{
	path_delete 1 && path_delete 2 && wait_for 20 head_gone &&
		path_rescan 1 && path_rescan 2 && head_use 1 2
}

same_numbers()
{
	new_head && echo "$HEAD_DIR $HEAD $(path_disk 1)" && [ "$HEAD_DIR $HEAD" = "$1" ] &&
		[ "$(path_disk 1)" = "${HEAD#/dev/}:0" ]
}

numbers_return() { wait_for 30 same_numbers "$HEAD_DIR $HEAD"; }

lab_begin 6 fio mod:scsi_multipath
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "one disk over two ports" lab_up paths=2 store=fileio
head_set iopolicy round-robin
fio_start steady "$HEAD" --size=16m

check "paths deleted and found again" cycles
note "$N cycles"
check "one head, the same" one_head
check "both paths carry I/O" carries
check "the workload saw no error and no wrong byte" fio_stop steady
check "numbers and names are given back" numbers_return
ktap_finished

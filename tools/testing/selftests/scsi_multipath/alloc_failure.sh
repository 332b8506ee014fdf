#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# No memory, at every place where this asks for some. While a head is set up: the LUN is a head or
# an ordinary disk that says why, never lost. While I/O runs: no error reaches the caller, with and
# without integrity data.
#
# CONFIG: debug
# TIMEOUT: 600

. "$(dirname "$0")/lib.sh"

# Steps of setup: the allocation that comes after so many bytes fails, further back each time, until
# a setup asks for less than that.
FIRST_STEP=2048
MAX_SETUPS=1000
IO=$(count_for 1024 50000)
DELAY_NS=100000000	# of a command, so that many are in flight

hit=0 fell_back=0

says_why() { path_attr "$1" last_error | grep -v '^none$'; }

# Each LUN, wherever it ended, can be read and says what it is.
nothing_lost()
{
	local p disk

	for p in 1 2; do
		wait_for 20 path_has_disk $p || { echo "path $p has no disk"; return 1; }
		if path_hidden $p; then
			wait_for 20 head_exists $p ||
				{ echo "path $p is hidden, without a head"; return 1; }
			disk=$(head_of $p)
		else
			disk=/dev/$(path_disk $p)
			fell_back=$((fell_back + 1))
			klog_has "$(hctl $p): .*stays ordinary" && says_why $p ||
				{ echo "path $p is ordinary and does not say why"; return 1; }
		fi
		mpath_io verify "$disk" seed=1 count=2 || { echo "path $p: $disk"; return 1; }
	done
}

# One setup, in which the allocation at $2 bytes fails
setup_at()
{
	local p

	for p in 1 2; do
		path_delete $p
	done
	wait_for 40 no_heads || return
	klog_mark
	fault_once "$1" "$2"
	for p in 1 2; do
		path_rescan $p || return
	done
	hit=$((hit + $(fault_hits)))
	fault_off
	nothing_lost || { echo "$1, after $2 bytes"; return 1; }
}

# The short form doubles the distance each time, the long one adds the same again.
every_step()
{
	local i bytes=0 before

	hit=0 fell_back=0
	for ((i = 0; i < MAX_SETUPS; i++)); do
		before=$hit
		setup_at "$1" $bytes || return
		[ $hit -gt $before ] || break
		bytes=$((bytes + $(count_for $((bytes ? bytes : FIRST_STEP)) $FIRST_STEP)))
	done
	echo "$i setups with $hit failed allocations, $fell_back disks stayed ordinary;" \
		"none fails after $bytes bytes"
	[ $hit -gt 2 ] && [ $i -lt $MAX_SETUPS ]
}

# udev would take most of the time.
every_step_module() { without_udev every_step scsi_multipath; }
every_step_library() { without_udev every_step libmultipath; }

whole_again()
{
	path_delete 1
	path_delete 2
	wait_for 40 no_heads && path_rescan 1 && path_rescan 2 && head_use 1 2
}

# io_under_failure COMMAND...: meanwhile half of the library's allocations fail
io_under_failure()
{
	local rc

	fault_on libmultipath 50
	"$@"
	rc=$?
	hit=$(fault_hits)
	fault_off
	echo "$hit failed allocations"
	[ $rc -eq 0 ] && [ "$hit" -gt 0 ]
}

# More in flight than the CPUs keep memory for.
workload() { fio_burst "$HEAD" --ioengine=libaio --iodepth=256 --number_ios="$IO"; }

workload_failing_over()
{
	bg work workload
	path_cut 1 && bg_result work 300 && path_restore 1 && wait_for 30 path_usable 1
}

plain_io() { io_under_failure workload; }
failover_io() { io_under_failure workload_failing_over; }

slow_disk_with_integrity()
{
	lab_down_targets && lab_up_sdebug uuid_ctl=2 dif=1 dix=1 max_queue=192 || return
	head_set iopolicy round-robin
	wait_for 20 sdebug_set ndelay $DELAY_NS 2> /dev/null &&
		[ "$(cat "/sys/block/${HEAD#/dev/}/integrity/format")" != none ]
}

# Its submitter's own tuples, which each clone copies.
tuples()
{
	mpath_io pi_write "$HEAD" seed=5 count=50 && mpath_io pi_verify "$HEAD" seed=5 count=50
}

tuples_failing_over()
{
	bg work tuples
	path_cut 1 && bg_result work 300 && path_restore 1 && wait_for 30 path_usable 1
}

tuples_io() { io_under_failure tuples; }
tuples_failover_io() { io_under_failure tuples_failing_over; }

lab_begin 9 fio mod:scsi_multipath mod:scsi_debug /sys/kernel/debug/failslab/require-start
mpath_is_builtin && lab_skip "scsi_multipath is built in: its range of code is not known"
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "one disk over two ports" lab_up paths=2 store=fileio
mpath_io write "$HEAD" seed=1 count=2 > /dev/null

check "setup of a head, memory failing in the module: no LUN is lost" every_step_module
check "setup of a head, memory failing in the library: no LUN is lost" every_step_library
is_fatal "with memory again, a head over two paths" whole_again
is_fatal "a slow disk with protection information" slow_disk_with_integrity
check "I/O while clones are hard to get" plain_io
check "the same while a path dies" failover_io
check "I/O with protection information while its copies are hard to get" tuples_io
check "the same while a path dies" tuples_failover_io
ktap_finished

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Time until BENCH_BIOS reads that wait for a path have ended, once a path is back: on a head, and on
# dm-multipath with queue_if_no_path. For comparison the same reads on the same disk with its paths.

. "$(dirname "$0")/common.sh"

# drain NAME DEVICE COMMAND
drain()
{
	local waiting first last failed

	read -r waiting first last failed < <("$BENCH_BUILD/drain_bios" "$2" "$BENCH_BIOS" "$3") ||
		die "drain_bios does not end"
	figure "parked.$1.waiting" "$waiting"
	figure "parked.$1.first" "$first"
	figure "parked.$1.last" "$last"
	figure "parked.$1.failed" "$failed"
}

head_drain()
{
	must mpath_load always=1
	# shellcheck disable=SC2086
	must lab_up_sdebug hosts=2 delay=0 $SDEBUG
	must head_set no_path_timeout_secs 120
	no_elevators
	for ((i = 0; i < BENCH_REPEATS; i++)); do
		drain head.live "$HEAD" ""
		must path_set 1 offline
		must path_set 2 offline
		drain head "$HEAD" "echo running > $(path_dir 1)/state"
		must path_set 2 running
		must wait_for 20 path_usable 1
		must wait_for 20 path_usable 2
	done
	sdebug_down
	must wait_for 20 mpath_unload
}

dm_drain()
{
	local one two

	# shellcheck disable=SC2086
	must lab_up_sdebug hosts=2 wait=0 delay=0 $SDEBUG
	must dm_create round-robin bio "$(path_disk 1)" "$(path_disk 2)"
	one=$(cat "/sys/block/$(path_disk 1)/dev")
	two=$(cat "/sys/block/$(path_disk 2)/dev")
	must dmsetup message bench 0 queue_if_no_path
	no_elevators
	for ((i = 0; i < BENCH_REPEATS; i++)); do
		drain dm.live "$DM" ""
		must dmsetup message bench 0 "fail_path $one"
		must dmsetup message bench 0 "fail_path $two"
		drain dm "$DM" "dmsetup message bench 0 'reinstate_path $one'"
		must dmsetup message bench 0 "reinstate_path $two"
	done
	must dm_remove
	sdebug_down
}

lab_init
quiet_guest
dm_drain
if have_multipath; then head_drain; fi

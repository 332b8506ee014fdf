#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 4 KiB random reads at queue depth 32 on each kind of disk over the same two scsi_debug hosts. The
# kinds take turns, so that a machine that gets slower meanwhile slows all of them.

. "$(dirname "$0")/common.sh"

SECS=${BENCH_SECS:-4}
# Completions come from a timer, so that the queue is really deep.
TARGET="ndelay=20000 submit_queues=2 max_queue=128 $SDEBUG"

# iops NAME DEVICE
iops()
{
	no_elevators
	drop_pages "$2"
	figure "throughput.$1" "$(fio --name=t --filename="$2" --rw=randread --bs=4k --direct=1 \
		--ioengine=io_uring --iodepth=16 --numjobs=2 --group_reporting --norandommap \
		--time_based --runtime="$SECS" --ramp_time=1 --output-format=terse | grep '^3;' | cut -d';' -f8)"
}

raw_and_dm()
{
	# shellcheck disable=SC2086
	must lab_up_sdebug hosts=2 wait=0 $TARGET
	iops raw "/dev/$(path_disk 1)"
	dm_kind bio round-robin
	dm_kind bio service-time
	dm_kind rq round-robin
	sdebug_down
}

dm_kind()
{
	must dm_create "$2" "$1" "$(path_disk 1)" "$(path_disk 2)"
	iops "dm.$1.$2" "$DM"
	must dm_remove
}

heads()
{
	local policy

	must mpath_load always=1
	# shellcheck disable=SC2086
	must lab_up_sdebug hosts=2 $TARGET
	for policy in numa round-robin queue-depth; do
		must head_set iopolicy $policy
		iops "head.$policy" "$HEAD"
	done
	sdebug_down
	must wait_for 20 mpath_unload
}

lab_init
quiet_guest
for ((i = 0; i < BENCH_REPEATS; i++)); do
	raw_and_dm
	if have_multipath; then heads; fi
done

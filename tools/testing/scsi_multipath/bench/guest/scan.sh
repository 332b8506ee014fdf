#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How long it takes until 4 hosts with BENCH_LUNS devices each, which report target port groups, are
# scanned, and until all have their disks. On a kernel with scsi_alua also: until all states are known.

. "$(dirname "$0")/common.sh"

HOSTS=4

disks_are() { set -- "$1" /sys/block/sd*; [ $# -gt "$1" ]; }

states_are()
{
	local want=$1 device

	for device in /sys/class/scsi_device/*/device; do
		find_line "$device/access_state" || return
		want=$((want - 1))
	done
	[ $want -eq 0 ]
}

lab_init
quiet_guest
must modprobe scsi_debug add_host=0 vpd_use_hostno=0 max_luns="$BENCH_LUNS" dev_size_mb=8 fake_rw=1
# A scan in the background would end after its measurement.
echo sync > /sys/module/scsi_mod/parameters/scan
start=$(now_ms)
must sdebug_set add_host $HOSTS
figure "scan.$BENCH_WHAT.scanned" $(($(now_ms) - start))
must wait_for 300 disks_are $((HOSTS * BENCH_LUNS))
figure "scan.$BENCH_WHAT.disks" $(($(now_ms) - start))
if [ "$BENCH_WHAT" = ours ]; then
	must wait_for 300 states_are $((HOSTS * BENCH_LUNS))
	figure "scan.$BENCH_WHAT.states" $(($(now_ms) - start))
fi

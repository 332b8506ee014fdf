#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Kernel memory of BENCH_LUNS disks, ordinary or heads, over one and over two hosts: unreclaimable
# slab, per-CPU areas, vmalloc, kernel stacks and page tables together, in kB.

. "$(dirname "$0")/common.sh"

memory_kb()
{
	# Let deferred frees run: RCU, workqueues.
	sync
	echo 3 > /proc/sys/vm/drop_caches
	sleep 1
	awk '/^(SUnreclaim|Percpu|VmallocUsed|KernelStack|PageTables):/ { sum += $2 } END { print sum }' \
		/proc/meminfo
}

disks_there() { [ "$(ls -d /sys/block/sd* 2> /dev/null | wc -l)" -ge "$1" ]; }
heads_there() { [ "$(heads_count)" -ge "$1" ]; }

# grown NAME HOSTS: what the memory grows by
grown()
{
	local before after

	before=$(memory_kb)
	must modprobe scsi_debug add_host="$2" vpd_use_hostno=0 max_luns="$BENCH_LUNS" dev_size_mb=8 \
		fake_rw=1
	must wait_for 60 disks_there $((BENCH_LUNS * $2))
	if [ "${1#head}" != "$1" ]; then must wait_for 60 heads_there "$BENCH_LUNS"; fi
	udevadm settle
	after=$(memory_kb)
	figure "memory.$1" $((after - before))
	must module_unload scsi_debug
	must wait_for 60 not disks_there 1
}

lab_init
quiet_guest
modprobe -n scsi_debug
for kind in disk head; do
	if [ $kind = head ]; then
		have_multipath || break
		must mpath_load always=1
	fi
	# The first time fills caches that stay.
	grown warm.$kind 2 > /dev/null
	for ((i = 0; i < BENCH_REPEATS; i++)); do
		grown $kind.one 1
		grown $kind.two 2
	done
done

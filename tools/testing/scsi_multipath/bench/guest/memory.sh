#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Kernel memory of BENCH_LUNS logical units and of twice as many, as ordinary disks and as heads, over
# one and over two hosts: unreclaimable slab, per-CPU areas, vmalloc, kernel stacks and page tables together, in kB.

. "$(dirname "$0")/common.sh"

meminfo_kb()
{
	awk '/^(SUnreclaim|Percpu|VmallocUsed|KernelStack|PageTables):/ { sum += $2 } END { print sum }' \
		/proc/meminfo
}

# When deferred frees (RCU, workqueues) have run: two readings alike, a second apart.
memory_kb()
{
	local i last=0 now

	for ((i = 0; i < 10; i++)); do
		echo 3 > /proc/sys/vm/drop_caches
		sleep 1
		now=$(meminfo_kb)
		if ((now - last < 32 && last - now < 32)); then break; fi
		last=$now
	done
	echo "$now"
}

# there N HEADS: N disks of paths, ordinary or hidden, and HEADS heads
there()
{
	local disks

	disks=$(find /sys/block -name 'sd*' | wc -l)
	[ "$(heads_count)" -eq "$2" ] && [ "$disks" -eq $(($1 + $2)) ]
}

# grown KIND HOSTS LUNS: what the memory grows by
grown()
{
	local before after heads=0

	if [ "$1" = head ]; then heads=$3; fi
	before=$(memory_kb)
	must modprobe scsi_debug add_host="$2" vpd_use_hostno=0 max_luns="$3" dev_size_mb=8 \
		fake_rw=1
	must wait_for 60 there $(($3 * $2)) "$heads"
	udevadm settle
	after=$(memory_kb)
	figure "memory.$1.$2.$3" $((after - before))
	must module_unload scsi_debug
	must wait_for 60 there 0 0
}

lab_init
quiet_guest
for kind in disk head; do
	if [ $kind = head ]; then
		have_multipath || break
		must mpath_load always=1
	fi
	# The first time fills caches that stay.
	grown $kind 2 "$BENCH_LUNS" > /dev/null
	for ((i = 0; i < BENCH_REPEATS; i++)); do
		for hosts in 1 2; do
			grown $kind $hosts "$BENCH_LUNS"
			grown $kind $hosts $((2 * BENCH_LUNS))
		done
	done
done

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Swap on one head works while another head has no path and I/O waits on it: what rescues one must
# not sleep for the other.
#
# CONFIG: base debug
# TIMEOUT: 500

. "$(dirname "$0")/lib.sh"

ROUNDS=$(count_for 1 100)
SWAP_MB=48
PAGES_MB=8
SWAP=
STUCK=

up()
{
	lio_disk swap size_mb=$SWAP_MB && lio_disk stuck && lio_port 1 && lio_port 2 &&
		lio_map 1/0 swap 1 && lio_map 2/0 swap 2 &&
		lio_map 1/1 stuck 1 && lio_map 2/1 stuck 2 &&
		head_use 1/0 2 && SWAP=$HEAD && head_use 1/1 2 && STUCK=$HEAD
}

swap_on() { mkswap "$SWAP" && swapon "$SWAP"; }

# Many writes wait on the stuck head, more than any reserve of its own
get_stuck()
{
	head_set no_path_timeout_secs 600 && path_set 1/1 offline && path_set 2/1 offline || return
	bg stuck fio_burst "$STUCK" --iodepth=256 --ioengine=libaio --size=4m
	not within 2 bg_ended stuck
}

vmstat() { awk -v name="$1" '$1 == name { print $2 }' /proc/vmstat; }

# Where there are memory cgroups, pages really leave memory, and come back from the disk.
CGROUP=
use_cgroup()
{
	mkdir "$LAB_TMP/cgroup" && mount -t cgroup2 lab "$LAB_TMP/cgroup" &&
		LAB_MOUNTS+=("$LAB_TMP/cgroup") &&
		echo +memory > "$LAB_TMP/cgroup/cgroup.subtree_control" &&
		mkdir "$LAB_TMP/cgroup/lab" &&
		[ -w "$LAB_TMP/cgroup/lab/memory.reclaim" ] && CGROUP=$LAB_TMP/cgroup/lab
}

# swap_once SEED
swap_once()
{
	if [ -z "$CGROUP" ]; then
		mpath_io swap "$SWAP" len=$((PAGES_MB << 20)) seed="$1"
		return
	fi
	(echo $BASHPID > "$CGROUP/cgroup.procs" &&
		mpath_io swap "$SWAP" len=$((PAGES_MB << 20)) seed="$1" \
			reclaim="$CGROUP/memory.reclaim")
}

swap_works()
{
	local i out in

	out=$(vmstat pswpout) in=$(vmstat pswpin)
	for ((i = 0; i < ROUNDS; i++)); do
		swap_once $i || return
	done
	out=$(($(vmstat pswpout) - out)) in=$(($(vmstat pswpin) - in))
	echo "$out pages written, $in read${CGROUP:+ (must be read)}"
	[ $out -ge $((ROUNDS * PAGES_MB * 128)) ] && { [ -z "$CGROUP" ] || [ $in -gt 0 ]; }
}

usable() { path_usable 1/0; }

# And also when the swap's own head loses paths meanwhile
swap_fails_over()
{
	path_set 1/0 offline && swap_works && path_set 1/0 running && wait_for 20 usable &&
		path_set 2/0 offline && swap_works && path_set 2/0 running
}

released()
{
	path_set 1/1 running && path_set 2/1 running &&
		bg_result stuck $((LAB_SLOW > 1 ? 600 : 120))
}

swap_off() { takes_at_most 60 swapoff "$SWAP" && { [ -z "$CGROUP" ] || rmdir "$CGROUP"; }; }

lab_begin 7 fio swapon mkswap mod:scsi_multipath
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "two disks over two ports" up
is_fatal "one is swap" swap_on
use_cgroup > /dev/null 2>&1 || note "no memory cgroups: pages may come back from the swap cache"
IO_LIMIT=1200 check "the other has no path and many writes waiting" get_stuck
check "pages go out and come back" swap_works
check "also over one path and over the other" swap_fails_over
check "the waiting writes are done when the paths return" released
check "swapoff returns" swap_off
ktap_finished

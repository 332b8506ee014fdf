#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Swap on one head works while another head has no path and I/O waits on it: what rescues one must not
# sleep for the other.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

ROUNDS=$(count_for 3 100)
SWAP_MB=48
PAGES_MB=16
SWAP=
STUCK=

up()
{
	lio_disk swap size_mb=$SWAP_MB && lio_disk stuck && lio_port 1 && lio_port 2 &&
		lio_map 1/0 swap 1 && lio_map 2/0 swap 2 && lio_map 1/1 stuck 1 && lio_map 2/1 stuck 2 &&
		head_use 1/0 2 && SWAP=$HEAD && head_use 1/1 2 && STUCK=$HEAD
}

swap_on() { mkswap "$SWAP" && swapon "$SWAP"; }

# Many writes wait on the stuck head, more than any reserve of its own
get_stuck()
{
	head_set no_path_timeout_secs 600 && path_set 1/1 offline && path_set 2/1 offline || return
	bg stuck fio_burst "$STUCK" --iodepth=256 --ioengine=libaio --size=16m
	not within 2 bg_ended stuck
}

swapped_out() { awk '$1 == "pswpout" { print $2 }' /proc/vmstat; }

swap_works()
{
	local i before

	before=$(swapped_out)
	for ((i = 0; i < ROUNDS; i++)); do
		mpath_io swap "$SWAP" len=$((PAGES_MB << 20)) seed=$i || return
	done
	echo "$(($(swapped_out) - before)) pages written"
	[ $(($(swapped_out) - before)) -ge $((ROUNDS * PAGES_MB * 128)) ]
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
	path_set 1/1 running && path_set 2/1 running && IO_LIMIT=120 bg_result stuck 120
}

swap_off() { takes_at_most 60 swapoff "$SWAP"; }

lab_begin 7 fio swapon mkswap mod:scsi_multipath
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "two disks over two ports" up
is_fatal "one is swap" swap_on
IO_LIMIT=600 check "the other has no path and many writes waiting" get_stuck
check "pages go out and come back" swap_works
check "also over one path and over the other" swap_fails_over
check "the waiting writes are done when the paths return" released
check "swapoff returns" swap_off
ktap_finished

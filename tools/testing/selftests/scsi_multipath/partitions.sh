#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Partitions of a head: made, read again, mounted while paths come and go, found again after a scan;
# and never on a path.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

ROUNDS=$(count_for 2 50)
MNT=

table() { printf 'label: %s\nsize=16M\nsize=%s\n' "$1" "$2" | sfdisk -q --no-tell-kernel "$HEAD"; }
part_size() { cat "/sys/block/${HEAD#/dev/}/${HEAD#/dev/}$1/size" 2> /dev/null; }
has_parts() { [ "$(part_size 1)" = 32768 ] && [ "$(part_size 2)" = "$1" ] && [ -b "${HEAD}2" ]; }
parts_in_use() { grep -q "^${HEAD}1 " /proc/mounts; }

create() { table dos 16M && mpath_io reread "$HEAD" && wait_for 20 has_parts 32768; }
reread() { table dos 8M && mpath_io reread "$HEAD" && wait_for 20 has_parts 16384; }
gpt() { table gpt 8M && mpath_io reread "$HEAD" && wait_for 20 has_parts 16384; }

reread_on_one_path()
{
	path_cut 1
	table dos 16M && mpath_io reread "$HEAD" && wait_for 20 has_parts 32768
	local rc=$?
	path_restore 1
	return $rc
}

no_parts_on_paths()
{
	local p disk

	for p in 1 2; do
		disk=$(path_disk $p)
		for part in "/sys/block/$disk/$disk"*; do
			[ ! -e "$part" ] || { echo "$part"; return 1; }
		done
	done
}

busy_is_refused() { fails_with EBUSY mpath_io reread "$HEAD"; }

use_it()
{
	mkfs.ext4 -q "${HEAD}1" && mkfs.ext4 -q "${HEAD}2" &&
		lab_mount "${HEAD}1" "$MNT" && parts_in_use
}

paths_change_under_mount()
{
	local i

	fio_start files "$MNT/data" --size=4m
	for ((i = 0; i < ROUNDS; i++)); do
		path_cut 1 && io_advances "$HEAD" && path_restore 1 && wait_for 30 path_usable 1 &&
			path_delete 2 && io_advances "$HEAD" && path_rescan 2 &&
			wait_for 20 head_ready 2 2 &&
			has_parts 32768 || return
	done
	fio_stop files
}

# The last path goes and I/O is done on a partition: it ends like that on the whole disk.
partition_without_paths()
{
	head_set no_path_timeout_secs 60
	path_cut 1
	path_cut 2
	bg parked mpath_io write "${HEAD}2" off=4194304 seed=3
	not within 2 bg_ended parked || return
	path_restore 1
	path_restore 2
	bg_result parked 30 && mpath_io verify "${HEAD}2" off=4194304 seed=3 &&
		wait_for 30 path_usable 1
}

clean() { umount "$MNT" && e2fsck -fn "${HEAD}1" && e2fsck -fn "${HEAD}2"; }

# Nobody asks for it: the scan belongs to the making of a head.
found_after_scan()
{
	path_delete 1 && path_delete 2 && wait_for 20 head_gone && path_rescan 1 && path_rescan 2 &&
		head_use 1 2 && wait_for 20 has_parts 32768
}

lab_begin 12 sfdisk fio mkfs.ext4 mod:scsi_multipath
MNT=$LAB_TMP/mnt
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "one disk over two ports" lab_up paths=2 store=fileio
head_set iopolicy round-robin

is_fatal "two partitions are made" create
check "the table is changed and read again" reread
check "a GPT as well" gpt
check "read again while one path is dead" reread_on_one_path
check "paths have no partitions" no_parts_on_paths
is_fatal "one is mounted" use_it
check "reading the table again is refused meanwhile" busy_is_refused
check "paths are cut, deleted and scanned below the mounted partition" paths_change_under_mount
check "I/O on a partition waits for a path and lands in its place" partition_without_paths
check "both file systems are clean" clean
check "a new head finds its partitions by itself" found_after_scan
ktap_finished

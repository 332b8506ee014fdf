#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# rmmod is refused while a head is in use, and otherwise gives every path back as an ordinary disk
# with the same data. Loading leaves disks that exist alone, with one line each.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

ROUNDS=$(count_for 2 100)
MNT=

refused() { not mpath_unload && module_loaded scsi_multipath; }
ordinary() { path_ordinary 1 && path_ordinary 2; }
both_ordinary() { wait_for 20 ordinary && no_heads; }
works() { mpath_io verify "$HEAD" seed=1 count=8; }

refused_while_open()
{
	hold "$HEAD" && refused && works && hold_end
}

refused_while_mounted()
{
	lab_mount "$PART" "$MNT" && refused && echo kept > "$MNT/file" && umount "$MNT"
}

partition_it()
{
	echo 'start=2048, type=linux' | sfdisk -q "$HEAD" && PART=${HEAD}1 &&
		wait_for 20 test -b "$PART" && mkfs.ext4 -q "$PART"
}

# As soon as udev, which looks at a disk after each close, has let go
gives_back() { wait_for 30 mpath_unload && both_ordinary; }

# Each of the two disks shows the data, the partition and the file
same_data()
{
	local p disk

	for p in 1 2; do
		disk=/dev/$(path_disk $p)
		mpath_io verify "$disk" seed=1 count=8 off=$((32 << 20)) &&
			wait_for 20 test -b "${disk}1" && lab_mount "${disk}1" "$MNT" &&
			grep -q kept "$MNT/file" && umount "$MNT" || return
	done
}

# No /dev node is left of the head, nor of its partition, nor a directory in sysfs
nothing_left()
{
	local disk

	no_heads || return
	for disk in /sys/block/sd*:*; do
		[ ! -e "$disk" ] || { echo "$disk is left"; return 1; }
	done
}

leaves_alone()
{
	klog_mark
	modprobe scsi_multipath && ordinary && no_heads && path_is 1 in-use && path_is 2 in-use
}

one_line_each()
{
	local p

	for p in 1 2; do
		[ "$(klog_count "$(hctl $p): .*ordinary disk")" -eq 1 ] || { klog; return 1; }
	done
}

rescan_both()
{
	path_delete 1 && path_delete 2 && path_rescan 1 && path_rescan 2 && head_use 1 2
}

# Somebody opens and closes the head all the time, as udev does
opener()
{
	while [ ! -e "$LAB_TMP/stop" ]; do
		"$MPATH_IO" read "$1" > /dev/null 2>&1
	done
}

unload_against_opener()
{
	local i

	for ((i = 0; i < ROUNDS; i++)); do
		rm -f "$LAB_TMP/stop"
		bg opener opener "$HEAD"
		wait_for 30 mpath_unload || { echo "never unloaded"; return 1; }
		touch "$LAB_TMP/stop"
		bg_result opener 20 && both_ordinary && modprobe scsi_multipath &&
			rescan_both || return
	done
}

# The time that delayed_removal_secs allows is cut short, unless somebody has the head open: udev,
# if it is still reading, waits for a path as any reader does.
unload_while_delayed()
{
	udevadm settle
	head_set delayed_removal_secs 600 && path_delete 1 && path_delete 2 && [ -b "$HEAD" ] &&
		wait_for 30 mpath_unload && no_heads && path_rescan 1 && path_rescan 2 &&
		both_ordinary
}

lab_begin 12 sfdisk mkfs.ext4 mod:scsi_multipath
MNT=$LAB_TMP/mnt
mpath_is_builtin && lab_skip "scsi_multipath is built in"
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "one disk over two ports" lab_up paths=2 store=fileio
mpath_io write "$HEAD" seed=1 count=8 > /dev/null

check "refused while the head is open" refused_while_open
mpath_io write "$HEAD" seed=1 count=8 off=$((32 << 20)) > /dev/null
is_fatal "a partition with a file system" partition_it
check "refused while the partition is mounted" refused_while_mounted
check "unused, it goes, and two ordinary disks are back" gives_back
check "both show the same data" same_data
check "nothing of the head is left" nothing_left
check "loaded again, it leaves disks that exist alone" leaves_alone
check "with one line in the log for each" one_line_each
check "deleted and scanned, they make a head" rescan_both
check "unloads while somebody opens and closes, $ROUNDS times" unload_against_opener
check "unloads while a removal is delayed" unload_while_delayed
ktap_finished

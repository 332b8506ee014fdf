#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two different LUNs that claim one identity, as cheap and as badly cloned devices do: the second is
# refused as a path, stays an ordinary working disk, and says why.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

SERIAL=feedface00000001

# second KEY=VALUE...: a LUN with the same serial behind port 2
second()
{
	lio_disk other serial=$SERIAL "$@" && lio_map 2 other && wait_for 20 path_has_disk 2
}

second_away() { lio_unmap 2 && lio_disk_down other; }

head_of_one() { head_use 1 1 && path_hidden 1; }

refused()
{
	wait_for 10 path_ordinary 2 && wait_for 10 path_is 2 refused && head_ready 1 1 &&
		[ "$(path_attr 2 head)" = none ]
}

# The attribute and the log name what differs.
says() { path_attr 2 last_error | tee /dev/stderr | grep -q "$1" && klog_has "$(hctl 2): .*$1"; }

# Both are written; neither sees the other's data.
apart()
{
	local disk

	disk=/dev/$(path_disk 2)
	mpath_io write "$HEAD" seed=1 count=4 && mpath_io write "$disk" seed=2 count=4 &&
		mpath_io verify "$HEAD" seed=1 count=4 && mpath_io verify "$disk" seed=2 count=4
}

smaller() { klog_mark; second store=rd_mcp size_mb=32 && refused; }
larger() { klog_mark; second_away && second store=rd_mcp size_mb=128 && refused; }
other_blocks() { klog_mark; second_away && second store=rd_mcp block_size=4096 && refused; }

# Port 3 adds protection information of type 1 to whatever LUN is behind it.
protected()
{
	klog_mark
	second_away && lio_port 3 fabric_prot_type=1 && lio_map 3 d0 &&
		wait_for 20 path_has_disk 3 &&
		path_ordinary 3 && wait_for 10 path_is 3 refused && head_ready 1 1
}

says_protection()
{
	path_attr 3 last_error | tee /dev/stderr | grep -q "protection type" &&
		klog_has "$(hctl 3): .*protection type"
}

# unread KEY=VALUE...: the second LUN is found unavailable, where its size cannot be read
unread()
{
	klog_mark
	second_away && second "$@" && alua_set 2 unavailable other && path_delete 2 &&
		path_rescan 2 && wait_for 20 path_is 2 unavailable && path_hidden 2 &&
		head_ready 1 2
}

# When it can be read it is found out, before anything was sent to it.
found_out() { path_poke 2; path_is 2 refused; }
refused_when_read() { alua_set 2 optimized other && wait_for 30 found_out && refused; }
unread_larger() { unread store=rd_mcp size_mb=128 && refused_when_read && apart; }
unread_blocks() { unread store=rd_mcp block_size=4096 && refused_when_read && apart; }

# The true second path of the first LUN still joins.
equal_joins() { lio_map 2 d0 && wait_for 20 head_ready 1 2 && path_hidden 2; }

# The same LUN again, where it was refused before: what counts is what the device says now.
refused_then_right()
{
	lio_unmap 2 && second size_mb=32 && refused && second_away &&
		lio_map 2 d0 && wait_for 20 head_ready 1 2
}

lab_begin 17 mod:scsi_multipath
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
lio_disk d0 serial=$SERIAL && lio_port 1 && lio_port 2 && lio_map 1 d0 ||
	ktap_exit_fail_msg "$LAB_WHY"

is_fatal "a head over one port" head_of_one
check "the same identity, smaller: refused, ordinary" smaller
check "its reason is readable" says capacity
check "both disks keep their own data" apart
check "the same identity, larger: refused, ordinary" larger
check "its reason is readable" says capacity
check "both disks keep their own data" apart
check "the same identity, other block size: refused, ordinary" other_blocks
check "its reason is readable" says "block size"
check "found unavailable, larger: refused when it can be read" unread_larger
check "its reason is readable" says capacity
check "found unavailable, other block size: refused when it can be read" unread_blocks
check "its reason is readable" says "block size"
check "the same logical unit with other protection information: refused, ordinary" protected
check "its reason is readable" says_protection
check "a true second path joins" equal_joins
check "and does so where an impostor was refused before" refused_then_right
ktap_finished

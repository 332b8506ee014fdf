#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# An administrator maps another LUN to the number that a path uses, under load. Not a byte may go to
# that other disk: the path must be given up, and the reason be readable. The same holds if the
# mapping changes while the path is away: then no command meets the number without a LUN, and the
# probe alone can tell.
#
# iSCSI, because there the device stays while the LUN behind it changes.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

# Not LUN 0: behind that LIO shows a write-protected device while nothing is mapped.
LUN=1
P1=1/$LUN
P2=2/$LUN

up()
{
	lab_up_iscsi lun=$LUN store=fileio && lio_disk other store=fileio groups=2 &&
		"$MPATH_IO" write "${LIO_FILE[other]}" direct=0 len=$((32 << 20)) seed=99 &&
		SUM=$(sha256_of "${LIO_FILE[other]}")
}

# remap DISK: at portal 2
remap()
{
	local lun

	lun=$(iscsi_port_dir 2)/lun/lun_$LUN
	rm -f "$lun/d0" "$lun/other"
	ln -s "${LIO_DISK[$1]}" "$lun/$1" && echo g2 > "$lun/alua_tg_pt_gp"
}

other_untouched() { [ "$(sha256_of "${LIO_FILE[other]}")" = "$SUM" ]; }
path_2_unused() { not path_usable $P2; }

swapped_under_load()
{
	fio_start steady "$HEAD" --size=16m
	io_advances "$HEAD" 100 && remap other && io_advances "$HEAD" 500 && other_untouched
}

says_why()
{
	echo "$(path_attr $P2 path_state): $(path_attr $P2 last_error)"
	[ "$(path_attr $P2 last_error)" != none ]
}

# The new LUN at that number is served as what it is, or not at all; never as a path of the old one.
rescan_tells_apart()
{
	path_delete $P2 && path_rescan $P2 && wait_for 20 head_ready $P1 1 &&
		[ "$(head_of $P2)" != "$HEAD" ] &&
		other_untouched
}

right_lun_again()
{
	path_delete $P2 && remap d0 && path_rescan $P2 && wait_for 20 head_ready $P1 2 &&
		path_carries $P2
}

swapped_while_away()
{
	path_cut $P2 && wait_for 30 path_device_is $P2 transport-offline && remap other &&
		path_restore $P2 && wait_for 40 path_device_is $P2 running &&
		wait_for 20 path_is $P2 quarantined &&
		io_advances "$HEAD" 500 && other_untouched
}

lab_begin 10 fio nft iscsid iscsiadm mod:scsi_multipath
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "one disk over two iSCSI portals, and another disk" up
head_set iopolicy round-robin

check "another LUN behind path 2, under load: it is not written" swapped_under_load
check "the path is not used" wait_for 20 path_2_unused
check "and says why" says_why
check "after a rescan it is no path of this head" rescan_tells_apart
check "the right LUN is accepted again" right_lun_again
check "another LUN behind path 2 when it comes back: it is not written" swapped_while_away
check "the right LUN is accepted once more" right_lun_again
check "the workload saw no error and no wrong byte" fio_stop steady
check "the other disk is still untouched" other_untouched
ktap_finished

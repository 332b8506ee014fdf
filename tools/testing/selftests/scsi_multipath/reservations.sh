#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Reservations belong to an I_T nexus, a head has several: until registrations cover all of them,
# everything that would make one is refused in full, with a reason, and nothing reaches the target.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

PR_OUT_REGISTER=5f000000000000001800
PR_IN_READ_KEYS=5e000000000000001000

registrations() { cat "${LIO_DISK[d0]}/pr/res_pr_registered_i_pts"; }

none_registered()
{
	registrations &&
		not grep -q Key: "${LIO_DISK[d0]}/pr/res_pr_registered_i_pts"
}

# The kernel asks for registrations that survive power loss, which the target keeps in files.
plain_can()
{
	local disk

	mkdir -p "$(cat "$LAB_CONFIGFS/dbroot")/pr"
	disk=/dev/$(path_disk 1)
	mpath_io pr_register "$disk" && ! none_registered &&
		mpath_io pr_clear "$disk" && none_registered
}

# refused ERRNO NODE
refused()
{
	local op

	for op in pr_register pr_reserve pr_clear; do
		fails_with "$1" mpath_io $op "$2" || return
	done
}

head_refuses() { refused EOPNOTSUPP "$HEAD"; }
partition_refuses() { wait_for 20 test -b "${HEAD}1" && refused EPERM "${HEAD}1"; }

sg_io_refused()
{
	klog_mark
	not mpath_io sg_io "$HEAD" cdb=$PR_OUT_REGISTER len=24 &&
		klog_has '[Pp][Ee][Rr][Ss][Ii][Ss][Tt][Ee][Nn][Tt]'
}

# old_ioctl_refused OP: an older way to send a command
old_ioctl_refused()
{
	klog_mark
	fails_with EOPNOTSUPP mpath_io "$1" "$HEAD" cdb=$PR_OUT_REGISTER len=24 &&
		klog_has 'PERSISTENT RESERVE OUT refused'
}

read_keys() { mpath_io sg_io "$HEAD" cdb=$PR_IN_READ_KEYS len=16; }
still_works() { mpath_io flush "$HEAD" && path_usable 1 && path_usable 2; }

rescan()
{
	mpath_load && path_delete 1 && path_delete 2 &&
		path_rescan 1 && path_rescan 2 && head_use 1 2
}

lab_begin 10 sfdisk mod:scsi_multipath
module_loaded scsi_multipath && lab_skip "scsi_multipath is there already: nothing to compare with"
lab_up paths=2 wait=0 store=fileio || ktap_exit_fail_msg "$LAB_WHY"
echo size=16M | sfdisk -q "/dev/$(path_disk 1)"

check "a plain disk registers and clears: the target can" plain_can
is_fatal "one disk over two ports" rescan
check "the reservation ioctls of the head are refused" head_refuses
check "and those of a partition, as on every disk" partition_refuses
check "PERSISTENT RESERVE OUT by SG_IO is refused, with a line in the log" sg_io_refused
check "by CDROM_SEND_PACKET as well" old_ioctl_refused send_packet
check "by SCSI_IOCTL_SEND_COMMAND as well" old_ioctl_refused send_command
check "PERSISTENT RESERVE IN is answered" read_keys
check "nothing was registered at the target" none_registered
check "the head works as before" still_works
ktap_finished

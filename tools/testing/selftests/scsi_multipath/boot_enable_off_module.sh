#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scsi_multipath.enable=0 on the command line: the module loads and leaves the disks alone,
# although the boot word is there too.
#
# CONFIG: base
# CMDLINE: scsi_multipath.enable=0 scsi_multipath_always

. "$(dirname "$0")/lib.sh"

ordinary()
{
	modprobe scsi_multipath && lab_up_sdebug uuid_ctl=2 wait=0 && path_ordinary 1 &&
		path_ordinary 2 && no_heads
}

lab_begin 1 mod:scsi_multipath mod:scsi_debug
mpath_is_builtin && lab_skip "scsi_multipath is built in"
grep -q scsi_multipath.enable=0 /proc/cmdline ||
	lab_skip "needs scsi_multipath.enable=0 on the command line"
check "disks are ordinary" ordinary
ktap_finished

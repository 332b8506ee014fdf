#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Built in, with scsi_multipath.enable=0: plain disks, although the boot word is there too.
#
# CONFIG: base-y
# CMDLINE: scsi_multipath_always scsi_multipath.enable=0

. "$(dirname "$0")/lib.sh"

ordinary() { lab_up_sdebug uuid_ctl=2 wait=0 && path_ordinary 1 && path_ordinary 2 && no_heads; }

lab_begin 1 mod:scsi_debug
mpath_is_builtin || lab_skip "scsi_multipath is not built in"
grep -q scsi_multipath.enable=0 /proc/cmdline ||
	lab_skip "needs scsi_multipath.enable=0 on the command line"
check "disks are ordinary" ordinary
ktap_finished

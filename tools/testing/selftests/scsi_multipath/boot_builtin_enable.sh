#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Built in, with scsi_multipath.enable=1: on, for the disks that say that they have several paths.
#
# CONFIG: base-y
# CMDLINE: scsi_multipath.enable=1 scsi_multipath.iopolicy=queue-depth

. "$(dirname "$0")/lib.sh"

taken() { lab_up_sdebug uuid_ctl=2 && path_hidden 1 && path_hidden 2; }
policy() { [ "$(head_get iopolicy)" = queue-depth ]; }
local_name_stays() { sdebug_down && lab_up_sdebug wait=0 && path_ordinary 1 && path_ordinary 2; }

lab_begin 3 mod:scsi_debug
mpath_is_builtin || lab_skip "scsi_multipath is not built in"
grep -q scsi_multipath.enable=1 /proc/cmdline ||
	lab_skip "needs scsi_multipath.enable=1 on the command line"
check "disks become heads" taken
check "scsi_multipath.iopolicy= on the command line holds" policy
check "a locally assigned name stays ordinary" local_name_stays
ktap_finished

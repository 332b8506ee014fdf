#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Built in, with the boot word: on, for every disk.
#
# CONFIG: base-y
# CMDLINE: scsi_multipath_always

. "$(dirname "$0")/lib.sh"

taken() { lab_up_sdebug && path_hidden 1 && path_hidden 2; }

lab_begin 1 mod:scsi_debug
mpath_is_builtin || lab_skip "scsi_multipath is not built in"
grep -qw scsi_multipath_always /proc/cmdline ||
	lab_skip "needs scsi_multipath_always on the command line"
check "disks become heads, also with a locally assigned name" taken
ktap_finished

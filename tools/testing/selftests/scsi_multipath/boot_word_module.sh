#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The boot word scsi_multipath_always with the module: nothing before modprobe, always=1 from
# then on.
#
# CONFIG: base
# CMDLINE: scsi_multipath_always

. "$(dirname "$0")/lib.sh"

nothing_yet() { lab_up_sdebug wait=0 && path_ordinary 1 && path_ordinary 2 && sdebug_down; }
taken() { modprobe scsi_multipath && lab_up_sdebug && path_hidden 1 && path_hidden 2; }
readable() { [ "$(cat /sys/module/kernel/parameters/scsi_multipath_always)" = Y ]; }

lab_begin 3 mod:scsi_multipath mod:scsi_debug
mpath_is_builtin && lab_skip "scsi_multipath is built in"
grep -qw scsi_multipath_always /proc/cmdline ||
	lab_skip "needs scsi_multipath_always on the command line"
check "sysfs shows the word" readable
check "before the module is loaded, disks are ordinary" nothing_yet
check "modprobe without a parameter takes every disk" taken
ktap_finished

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Built in, without a word on the command line: off, as a new kernel must not rearrange
# anybody's disks.
#
# CONFIG: base-y

. "$(dirname "$0")/lib.sh"

ordinary() { lab_up_sdebug uuid_ctl=2 wait=0 && path_ordinary 1 && path_ordinary 2 && no_heads; }
off() { grep -qx '[N0]' /sys/module/scsi_multipath/parameters/enable; }

lab_begin 2 mod:scsi_debug
mpath_is_builtin || lab_skip "scsi_multipath is not built in"
check "sysfs says that it is off" off
check "disks are ordinary" ordinary
ktap_finished

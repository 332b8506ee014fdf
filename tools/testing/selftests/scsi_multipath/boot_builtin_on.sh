#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Built in with CONFIG_SCSI_MULTIPATH_DEFAULT_ENABLE: on, without a word on the command line.
#
# CONFIG: base-y-on

. "$(dirname "$0")/lib.sh"

on() { grep -qx '[Y1]' /sys/module/scsi_multipath/parameters/enable; }
taken() { lab_up_sdebug uuid_ctl=2 && path_hidden 1 && path_hidden 2; }

lab_begin 2 mod:scsi_debug
mpath_is_builtin || lab_skip "scsi_multipath is not built in"
check "sysfs says that it is on" on
check "disks become heads" taken
ktap_finished

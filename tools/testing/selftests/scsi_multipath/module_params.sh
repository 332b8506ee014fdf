#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Parameters of the module: which disks it takes, which policy heads get, and what it refuses to
# accept. What depends on the kernel's command line is in boot_*.sh.
#
# CONFIG: base

. "$(dirname "$0")/lib.sh"

PARAMS=/sys/module/scsi_multipath/parameters

# with PARAM... -- COMMAND...: COMMAND between loading with PARAM and unloading
with()
{
	local params=() rc

	while [ "$1" != -- ]; do
		params+=("$1")
		shift
	done
	shift
	modprobe scsi_multipath "${params[@]}" || return
	"$@"
	rc=$?
	sdebug_down
	wait_for 20 mpath_unload 2> /dev/null && return $rc
}

rejected() { not modprobe scsi_multipath "$1" && not module_loaded scsi_multipath; }

bad_policies()
{
	local word

	for word in round round-robin-2 numa,queue-depth "" NUMA; do
		rejected "iopolicy=$word" ||
			{ echo "accepted: '$word'"; modprobe -r scsi_multipath; return 1; }
	done
}

head_has_policy() { lab_up_sdebug uuid_ctl=2 && [ "$(head_get iopolicy)" = "$1" ]; }

later_heads()
{
	echo queue-depth > $PARAMS/iopolicy &&
		not eval "echo fastest > $PARAMS/iopolicy 2> /dev/null" &&
		[ "$(cat $PARAMS/iopolicy)" = queue-depth ] && head_has_policy queue-depth
}

# scsi_debug's own identity is locally assigned
left_alone()
{
	lab_up_sdebug wait=0 && path_ordinary 1 && path_ordinary 2 && no_heads &&
		path_is 1 not-eligible &&
		[ -n "$(path_attr 1 last_error)" ] && [ "$(path_attr 1 last_error)" != none ]
}

taken() { lab_up_sdebug && path_hidden 1 && path_hidden 2; }

disabled() { lab_up_sdebug uuid_ctl=2 wait=0 && path_ordinary 1 && path_ordinary 2 && no_heads; }

removable_stays()
{
	lab_up_sdebug uuid_ctl=2 removable=1 wait=0 && path_ordinary 1 &&
		path_is 1 not-eligible
}

zoned_stays()
{
	lab_up_sdebug uuid_ctl=2 zbc=managed zone_size_mb=4 wait=0 && path_ordinary 1 &&
		no_heads
}

lab_begin 9 mod:scsi_multipath mod:scsi_debug
mpath_is_builtin && lab_skip "scsi_multipath is built in"

check "unknown policies are rejected" bad_policies
check "iopolicy= is the policy of new heads" \
	with iopolicy=round-robin -- head_has_policy round-robin
check "numa is the default" with -- head_has_policy numa
check "written later, it holds for heads made later" with -- later_heads
check "a locally assigned name stays ordinary and says why" with -- left_alone
check "always=1 takes it" with always=1 -- taken
check "enable=0 leaves all disks ordinary" with enable=0 -- disabled
check "removable disks stay ordinary, even with always=1" with always=1 -- removable_stays
check "zoned disks stay ordinary, even with always=1" with always=1 -- zoned_stays
ktap_finished

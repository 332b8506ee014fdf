#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A target port group belongs to one logical unit. Two of them may use equal identifiers for
# different groups, and two groups may list equal relative target ports: no device takes a state
# that was told of another one.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

BOUND=20
AO=active/optimized
NEXUSES="1/0 1/1 2/0 2/1"

# states STATE...: of NEXUSES in their order, as the kernel knows them
states()
{
	local nexus

	for nexus in $NEXUSES; do
		access_is "$nexus" "$1" ||
			{ echo "$nexus is $(access "$nexus"), not $1"; return 1; }
		shift
	done
}

# hear NEXUS: the target tells it
hear() { sdebug_attention "$1" 2a 6 && path_poke "$1"; }

# tell NEXUS WORD...: the target changes and tells this nexus
tell() { sdebug_alua "$@" && hear "$1"; }

two_units()
{
	lab_up_alua hosts=2 max_luns=2 alua_groups=7,7 || return
	wait_for $BOUND path_has_disk 1/1 && wait_for $BOUND path_has_disk 2/1 &&
		wait_for $BOUND states $AO $AO $AO $AO
}

# Both ports are in group 7 of each unit. All four nexuses ask; each gets what its unit says.
same_group_other_unit()
{
	tell 1/0 state=2 && tell 1/1 state=1 && hear 2/0 && hear 2/1 &&
		wait_for $BOUND states standby active/non-optimized standby active/non-optimized
}

# One unit goes on changing, the other one asks again and again.
only_one_changes()
{
	local i

	for i in 3 0 1 2; do
		tell 1/0 state=$i && hear 2/1 || return
	done
	hear 2/0
	wait_for $BOUND states standby active/non-optimized standby active/non-optimized
}

rescan() { find_path_dir "$1" && echo 1 > "$REPLY/rescan"; }

# Port 1 is in group 7 of one unit and in group 8 of the other.
same_port_other_group()
{
	sdebug_alua 1/1 port=5 && sdebug_alua 2/1 group=8 port=1 && rescan 1/1 && rescan 2/1 &&
		tell 1/0 state=0 && hear 2/0 && tell 2/1 state=3 &&
		wait_for $BOUND states $AO active/non-optimized $AO unavailable &&
		[ "$(path_alua 1/0 relative_port)$(path_alua 2/1 relative_port)" = 11 ]
}

# Of one unit that is a contradiction: no path takes the other's state, and none is optimized.
same_port_twice()
{
	sdebug_alua 2/0 group=8 port=1 && rescan 2/0 && tell 1/0 state=0 && tell 2/0 state=3 &&
		wait_for $BOUND states unknown active/non-optimized unknown unavailable &&
		[[ $(path_alua 1/0 unknown_reason) == *"more than one"* ]]
}

lab_begin 6 sg_turs mod:scsi_debug
if mpath_is_builtin; then lab_skip "scsi_multipath is built in: the disks would be paths"; fi
is_fatal "two units behind two ports, all in groups of one number" two_units
check "each unit has its own states" same_group_other_unit
check "and keeps them while the other one changes" only_one_changes
check "two groups with equal ports are told apart" same_port_other_group
check "two groups of one unit with the same port are not believed" same_port_twice
check "no complaint of the kernel" klog_lacks 'blocked for more than'
ktap_finished

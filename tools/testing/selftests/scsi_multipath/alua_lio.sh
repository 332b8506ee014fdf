#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The access states of a real target, LIO, in disks that are not multipathed: each primary state,
# implicit and explicit transitions, and a port that is offline. One command that carries the unit
# attention is enough.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

BOUND=20
declare -A NAMES=([optimized]=active/optimized [non-optimized]=active/non-optimized
	[standby]=standby [unavailable]=unavailable)

up() { lab_up paths=2 wait=0 && wait_for $BOUND in_group 1 && wait_for $BOUND in_group 2; }

# The group is set after the device has appeared, with a unit attention.
in_group()
{
	path_poke "$1"
	access_is "$1" active/optimized && [ "$(path_alua "$1" target_port_group)" = "$1" ]
}

each_state()
{
	local state

	for state in non-optimized standby unavailable optimized; do
		alua_set 1 $state && path_poke 1 &&
			wait_for $BOUND access_is 1 "${NAMES[$state]}" || return
	done
	access_is 2 active/optimized
}

# The delay is on the target's side: the state is transitioning for two seconds.
implicit_transition()
{
	alua_attr 1 trans_delay_msecs 2000
	bg flip alua_set 1 non-optimized
	wait_for $BOUND hears 1 transitioning && bg_result flip $((BOUND * LAB_SLOW)) &&
		wait_for $BOUND hears 1 active/non-optimized && alua_attr 1 trans_delay_msecs 0
}

hears() { path_poke "$1"; access_is "$1" "$2"; }

# SET TARGET PORT GROUPS through path 2, with which path 1 has nothing to do
explicit_transition()
{
	local g

	for g in 1 2; do
		alua_attr $g alua_access_type 3
	done
	alua_set 2 non-optimized && wait_for $BOUND hears 2 active/non-optimized || return
	alua_attr 2 trans_delay_msecs 2000
	bg stpg timeout 60 sg_stpg --tp=2 --state=ao "$(path_sg 2)"
	wait_for $BOUND hears 2 transitioning && bg_result stpg $((BOUND * LAB_SLOW)) &&
		wait_for $BOUND hears 2 active/optimized && alua_attr 2 trans_delay_msecs 0 &&
		access_is 1 active/non-optimized
}

offline() { echo "$2" > "$(lio_port_dir "$1")/lun/lun_0/alua_tg_pt_offline"; }

# RTPG is refused then, as everything is.
port_offline()
{
	offline 1 1 && echo 1 > "$(path_dir 1)/rescan"
	wait_for $((2 * BOUND)) access_is 1 unknown && path_alua 1 unknown_reason &&
		[[ $(path_alua 1 unknown_reason) == *fails* ]] && access_is 2 active/optimized
}

port_online()
{
	offline 1 0 && echo 1 > "$(path_dir 1)/rescan" &&
		wait_for $BOUND access_is 1 active/non-optimized
}

# The target's unit attention "inquiry data has changed": the group is another one.
other_group()
{
	alua_set 2 standby && echo g2 > "$(lio_port_dir 1)/lun/lun_0/alua_tg_pt_gp" &&
		wait_for $BOUND hears 1 standby && [ "$(path_alua 1 target_port_group)" = 2 ]
}

lab_begin 7 sg_turs sg_stpg
if mpath_is_builtin; then lab_skip "scsi_multipath is built in: the disks would be paths"; fi
is_fatal "two ports of a LUN, each in its group, known as optimized" up
check "each state, with one command after it" each_state
check "an implicit transition of two seconds is seen, and its end" implicit_transition
check "an explicit one as well" explicit_transition
check "a port that is offline has no known state" port_offline
check "until it is back" port_online
check "a port that joins another group" other_group
ktap_finished

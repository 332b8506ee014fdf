#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# dm-multipath with the hardware handler alua, on a target with explicit target port group support:
# which commands a switch of groups, a failback and the loss of a path take. The list is that of the
# handler before it used the SCSI core's library: the same script runs on a kernel without that.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

BOUND=20
TRACE=/sys/kernel/tracing
MAP=lab-dm
# In the status of the map: which group is active
FIRST=" A 0 1 0 .* E 0 1 0 "
SECOND=" E 0 1 0 .* A 0 1 0 "

up()
{
	local g

	modprobe scsi_dh_alua && modprobe dm-multipath && lab_up paths=2 wait=0 || return
	# Their groups are set after the scan.
	for g in 1 2; do
		alua_attr $g alua_access_type 3 && echo 1 > "$(path_dir $g)/rescan" || return
	done
	alua_set 2 non-optimized && wait_for $BOUND hears 1 active/optimized &&
		wait_for $BOUND hears 2 active/non-optimized
}

hears() { path_poke "$1"; access_is "$1" "$2"; }

find_dev() { find_path_disk "$1" && find_line "/sys/block/$REPLY/dev"; }

map_up()
{
	local one two size

	find_path_disk 1 && find_line "/sys/block/$REPLY/size" && size=$REPLY &&
		find_dev 1 && one=$REPLY && find_dev 2 && two=$REPLY || return
	one="round-robin 0 1 1 $one 1" two="round-robin 0 1 1 $two 1"
	dmsetup create $MAP --table "0 $size multipath 0 1 alua 2 1 $one $two"
}

map_down() { wait_for $BOUND dmsetup remove $MAP; }

# The port groups that were asked (RTPG) or set (STPG), in order: path and command
commands()
{
	local one two

	find_hctl 1 && one=${REPLY%%:*} && find_hctl 2 && two=${REPLY%%:*}
	awk -v one="host_no=$one" -v two="host_no=$two" '
		{ path = $0 ~ one " " ? 1 : $0 ~ two " " ? 2 : 0; cmd = "" }
		/raw=a3 [02]a/ { cmd = "RTPG" }
		/raw=a4 0a/ { cmd = "STPG" }
		path && cmd && cmd path != last { last = cmd path; out = out " " path ":" cmd }
		END { print substr(out, 2) }' $TRACE/trace
}

group_active() { dmsetup status $MAP | grep -Eq "$1"; }

# demote GROUP: an explicit target does so with the group that it switches away from; LIO does not.
demote() { alua_set "$1" non-optimized && wait_for $BOUND hears "$1" active/non-optimized; }

# step EXPECTED-COMMANDS STATUS-ERE COMMAND...: then a read
step()
{
	local want=$1 status=$2 got
	shift 2

	echo > $TRACE/trace
	"$@" || return
	mpath_io read /dev/mapper/$MAP count=4 && wait_for $BOUND group_active "$status" || return
	settle
	got=$(commands)
	dmsetup status $MAP
	echo "commands: $got; expected: $want"
	[ "$got" = "$want" ]
}

# Nobody has anything to send any more: no command for a second.
settle()
{
	local before='' now

	while now=$(wc -l < $TRACE/trace); [ "$now" != "$before" ]; do
		before=$now
		read -rt 1 -u "$LAB_TICK"
	done
}

switch_group() { dmsetup message $MAP 0 switch_group "$1"; }

lab_begin 6 dmsetup sg_turs mod:dm-multipath mod:scsi_dh_alua
if mpath_is_builtin; then lab_skip "scsi_multipath is built in: the disks would be paths"; fi
is_fatal "two groups, explicit" up
echo 1 > $TRACE/events/scsi/scsi_dispatch_cmd_start/enable
check "the first group is used as it is" step "1:RTPG" "$FIRST" map_up
check "switching activates the second one" step "2:RTPG 2:STPG 2:RTPG" "$SECOND" switch_group 2
demote 1
check "and back" step "1:RTPG 1:STPG 1:RTPG" "$FIRST" switch_group 1
demote 2
check "the loss of its path activates the second one" \
	step "2:RTPG 2:STPG 2:RTPG" " F [0-9]+ A 0 1 0 " path_cut 1
path_restore 1
check "the map goes away" map_down
ktap_finished

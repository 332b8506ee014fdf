#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The SCSI core keeps the access state of every device with target port groups: without multipath,
# without I/O on the path, without anybody who asks. It is right after a scan, after a unit
# attention, and after sense data that tell it; what cannot be known is not shown, with the reason.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

# In the order of their numbers; nothing between 4 and 14
STATES=([0]=active/optimized [1]=active/non-optimized [2]=standby [3]=unavailable
	[4]=lba-dependent [14]=offline)
BOUND=20

# Paths 1 and 3 have no device handler, 2 and 4 have one, where it is there.
four_states()
{
	lab_up_alua hosts=4 alua_states=0,1,2,3 && modprobe scsi_dh_alua && dh_attach 2 &&
		dh_attach 4 || return
	for p in 1 2 3 4; do
		wait_for $BOUND access_is $p "${STATES[p - 1]}" || return
	done
}

# One RTPG for each device, and one more where I/O was refused at the scan and told the state
few_commands()
{
	local p n

	for p in 1 2 3 4; do
		n=$(path_alua $p rtpgs)
		echo "path $p: $n"
		[ "$n" -ge 1 ] && [ "$n" -le 2 ] || return
	done
}

attributes()
{
	[ "$(path_alua 1 target_port_group)" = 256 ] && [ "$(path_alua 2 relative_port)" = 2 ] &&
		[ "$(path_alua 1 unknown_reason)" = none ] &&
		[ "$(path_alua 1 last_change_reason)" = rtpg ] &&
		[ $(($(date +%s) - $(path_alua 1 last_change))) -le $((60 * LAB_SLOW)) ] &&
		[ "$(cat "$(path_dir 1)/preferred_path")" = 0 ]
}

# hears PATH: a command collects what the target has to say
hears() { path_poke "$1"; access_is "$1" "$2"; }

all_states()
{
	local n

	for n in "${!STATES[@]}"; do
		sdebug_alua 1 state="$n" && sdebug_attention 1 2a 6 && path_poke 1 &&
			wait_for $BOUND access_is 1 "${STATES[n]}" || return
	done
	sdebug_alua 1 state=0 pref=1 && sdebug_attention 1 2a 6 && path_poke 1 &&
		wait_for $BOUND access_is 1 active/optimized &&
		[ "$(cat "$(path_dir 1)/preferred_path")" = 1 ]
}

asked_again() { [ "$(path_alua "$1" rtpgs)" -gt "$2" ]; }

# Others hear of it when they do; an idle path does not.
others_wait_for_their_own()
{
	local before

	before=$(path_alua 1 rtpgs)
	sdebug_alua 2 state=2 && sdebug_attention 2 2a 6 && sdebug_attention 1 2a 6 &&
		path_poke 1 && wait_for $BOUND asked_again 1 "$before" &&
		access_is 2 active/non-optimized || return
	path_poke 2
	wait_for $BOUND access_is 2 standby
}

refused_io_tells()
{
	sdebug_alua 1 state=3 && path_poke 1 && wait_for $BOUND access_is 1 unavailable &&
		[ "$(path_alua 1 unknown_reason)" = none ] && becomes_after_change 1 0
}

reserved_is_unknown()
{
	sdebug_alua 1 state=7 && sdebug_attention 1 2a 6 && path_poke 1 &&
		wait_for $BOUND access_is 1 unknown &&
		[[ $(path_alua 1 unknown_reason) == *reserved* ]]
}

transition_ends()
{
	local before

	before=$(path_alua 1 transitions)
	sdebug_alua 1 transition_ms=$((2000 * LAB_SLOW)) state=1 && sdebug_attention 1 2a 6 &&
		path_poke 1 && wait_for $BOUND access_is 1 transitioning &&
		wait_for $BOUND access_is 1 active/non-optimized || return
	[ "$(path_alua 1 transitions)" -eq $((before + 1)) ] && sdebug_alua 1 transition_ms=0
}

# RTPG refused during the transition: the sense data of the command are the news.
transition_without_reply()
{
	sdebug_alua 1 transition_rtpg=refuse transition_ms=$((2000 * LAB_SLOW)) state=0 &&
		path_poke 1 && wait_for $BOUND access_is 1 transitioning &&
		wait_for $BOUND access_is 1 active/optimized &&
		sdebug_alua 1 transition_rtpg=answer transition_ms=0
}

# The target's own bound, which an extended reply has told before, and no state that nobody has told
endless_transition()
{
	sdebug_rtpg 1 ext=honour transition_secs=1 && becomes_after_change 1 1 &&
		sdebug_alua 1 state=15 &&
		sdebug_attention 1 2a 6 && path_poke 1 && wait_for $BOUND access_is 1 unknown &&
		[[ $(path_alua 1 unknown_reason) == *transition* ]] &&
		sdebug_alua 1 state=0 && sdebug_rtpg 1 ext=ignore && sdebug_attention 1 2a 6 &&
		path_poke 1 && wait_for $BOUND access_is 1 active/optimized
}

# becomes_after_change PATH STATE-NUMBER: with whatever is wrong with RTPG on this path
becomes_after_change()
{
	sdebug_alua "$1" state="$2" && sdebug_attention "$1" 2a 6 && path_poke "$1" &&
		wait_for $BOUND access_is "$1" "${STATES[$2]}"
}

busy_target()
{
	sdebug_rtpg 1 count=2 status=8 && becomes_after_change 1 1 && sdebug_rtpg 1 status=0
}

plain_form_only()
{
	sdebug_rtpg 1 ext=refuse && becomes_after_change 1 0 && sdebug_rtpg 1 ext=ignore
}

cut_by_four()
{
	# The rescan makes the kernel try the extended form again.
	sdebug_rtpg 1 ext=honour ext_len_delta=-4 transfer=16 && echo 1 > "$(path_dir 1)/rescan" &&
		becomes_after_change 1 1 &&
		sdebug_rtpg 1 ext=ignore ext_len_delta=0 transfer=2147483647
}

# unknown_with WORDS REASON: such replies leave no state, and the reason is readable and in the log,
# once
unknown_with()
{
	klog_mark
	sdebug_rtpg 1 "$1" && sdebug_attention 1 2a 6 && path_poke 1 &&
		wait_for 40 access_is 1 unknown && path_alua 1 unknown_reason &&
		[[ $(path_alua 1 unknown_reason) == *$2* ]] &&
		wait_for 5 klog_has "access state not known: .*$2" &&
		[ "$(klog_count "access state not known")" -eq 1 ] &&
		sdebug_rtpg 1 sense=0 transfer=2147483647 hex= && becomes_after_change 1 0
}

# The same with the first reply of all
unknown_from_the_start()
{
	sdebug_rtpg 1 sense=0x52000 && path_delete 1 && klog_mark && path_rescan 1 &&
		wait_for $BOUND klog_has "access state not known: .*refused" &&
		access_is 1 unknown && [ "$(klog_count "access state not known")" -eq 1 ] &&
		sdebug_rtpg 1 sense=0 &&
		becomes_after_change 1 0
}

refused_is_unknown() { unknown_with sense=0x52000 refused; }
too_long_is_unknown() { unknown_with "hex=7fffffff 00000000" malformed; }
other_groups_only() { unknown_with "hex=0000000c 000f0009 00000001 00000001" "not list"; }
garbage() { unknown_with "hex=5a5aa5a5 c3c33c3c 5a5aa5a5 c3c33c3c ffffffff" malformed; }
three_bytes() { unknown_with transfer=3 fails; }
two_states() { unknown_with "hex=00000010 000f0100 00000000 010f0100 00000000" "more than one"; }

new_group_after_rescan()
{
	sdebug_alua 1 group=7 port=9 state=2 && echo 1 > "$(path_dir 1)/rescan" &&
		wait_for $BOUND access_is 1 standby && [ "$(path_alua 1 target_port_group)" = 7 ] &&
		[ "$(path_alua 1 relative_port)" = 9 ] && becomes_after_change 1 0
}

# Without a rescan the absent group makes the kernel read page 0x83.
new_group_unasked()
{
	sdebug_alua 1 group=8 state=1 && sdebug_attention 1 2a 6 && path_poke 1 &&
		wait_for $BOUND access_is 1 active/non-optimized &&
		[ "$(path_alua 1 target_port_group)" = 8 ]
}

# The command that hangs is the only one that waits: neither a scan nor the removal does, but for
# the time limit of the command.
hung_rtpg()
{
	sdebug_rtpg 2 hang=1 && sdebug_attention 2 2a 6 && path_poke 2 &&
		takes_at_most 10 path_scan 2 && takes_at_most $((60 * LAB_SLOW)) path_delete 2 &&
		path_gone 2
}

# I/O that a standby path refuses has it asked once a second, not for each command.
refused_io_is_paced()
{
	local before start

	sdebug_alua 1 state=2 && sdebug_attention 1 2a 6 && path_poke 1 &&
		wait_for $BOUND access_is 1 standby || return
	before=$(path_alua 1 rtpgs) start=$SECONDS
	for _ in {1..40}; do
		dd if="/dev/$(path_disk 1)" of=/dev/null bs=4k count=1 iflag=direct 2> /dev/null
	done
	echo "$(($(path_alua 1 rtpgs) - before)) RTPGs in $((SECONDS - start)) s"
	[ $(($(path_alua 1 rtpgs) - before)) -le $((SECONDS - start + 2)) ] &&
		becomes_after_change 1 0
}

tpgs_go_and_come()
{
	sdebug_alua 3 tpgs=0 && echo 1 > "$(path_dir 3)/rescan" &&
		wait_for $BOUND access_is 3 unknown && ! cat "$(path_dir 3)/access_state" &&
		sdebug_alua 3 tpgs=1 &&
		echo 1 > "$(path_dir 3)/rescan" && wait_for $BOUND access_is 3 standby
}

# Peripheral qualifier 001b: the target knows the logical unit and has not connected it yet.
connected_later()
{
	sdebug_alua 3 pq=1 state=3 && path_delete 3 && path_scan 3 &&
		wait_for $BOUND path_there 3 && wait_for $BOUND access_is 3 unavailable &&
		! path_has_disk 3 && sdebug_alua 3 pq=0 state=1 && path_delete 3 && path_rescan 3 &&
		wait_for $BOUND access_is 3 active/non-optimized
}

no_tpgs()
{
	sdebug_alua 3 tpgs=0 && path_delete 3 && path_rescan 3 && access_is 3 unknown &&
		[ ! -d "$(path_dir 3)/alua" ] && ! cat "$(path_dir 3)/access_state"
}

lab_begin 28 sg_turs mod:scsi_debug mod:scsi_dh_alua
if mpath_is_builtin; then lab_skip "scsi_multipath is built in: the disks would be paths"; fi
if module_is_builtin scsi_dh_alua; then lab_skip "scsi_dh_alua is built in: all devices have it"; fi
is_fatal "devices in four states are known after the scan" four_states
check "by one or two commands each" few_commands
check "group, port and reason are readable" attributes
check "each state after its unit attention" all_states
check "a path hears of a change by itself only" others_wait_for_their_own
check "refused I/O tells the state" refused_io_tells
check "a reserved state is unknown" reserved_is_unknown
check "a transition is shown, and its end found" transition_ends
check "the same where RTPG is refused meanwhile" transition_without_reply
check "a transition without end is given up, and found when it ends" endless_transition
check "a busy target is asked again" busy_target
check "a target without extended header" plain_form_only
check "an extended reply that is cut" cut_by_four
check "RTPG refused: unknown, with the reason" refused_is_unknown
check "so it is if the first one is refused, and the log says it once" unknown_from_the_start
check "a reply that declares too much" too_long_is_unknown
check "a reply of random bytes" garbage
check "a reply of three bytes" three_bytes
check "a reply without the group" other_groups_only
check "a reply with two states for the group" two_states
check "refused I/O does not ask all the time" refused_io_is_paced
check "a rescan finds another group and port" new_group_after_rescan
check "so does a reply that does not list the group" new_group_unasked
check "an RTPG without answer: scan and removal go on" hung_rtpg
check "TPGS that go and come again are followed at a rescan" tpgs_go_and_come
check "a logical unit that is connected later" connected_later
check "without TPGS there is no state and no directory" no_tpgs
check "no complaint of the kernel" klog_lacks 'blocked for more than'
ktap_finished

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ALUA: which path is used follows from the states that the target reports. Optimized before
# non-optimized before unknown; standby and unavailable carry nothing; a LUN that shows no active
# path when it is scanned becomes usable when one turns active.
#
# CONFIG: base debug
# TIMEOUT: 600

. "$(dirname "$0")/lib.sh"

ROUNDS=$(count_for 2 50)

# Behind the partition, whose table has to stay
work()
{
	mpath_io write "$HEAD" off=$((40 << 20)) seed=1 count=20 &&
		mpath_io verify "$HEAD" off=$((40 << 20)) seed=1 count=20
}

# becomes PATH STATE: the target's group of this path changes, and the kernel hears of it
becomes()
{
	alua_set "$1" "$2" || return
	wait_for 20 hears "$1" "$2"
}

hears() { path_poke "$1"; path_is "$1" "$2"; }

# used_only PATH: with I/O running, this path carries it and the other two nothing
used_only()
{
	local used=$1 p before after

	for p in 1 2 3; do
		before[p]=$(path_ios $p)
	done
	work || return
	for p in 1 2 3; do
		after=$(($(path_ios $p) - before[p]))
		echo "path $p ($(path_attr $p path_state)): $after I/Os"
		if [ $p -eq "$used" ]; then
			[ $after -ge 40 ] || return
		else
			[ $after -eq 0 ] || return
		fi
	done
}

three_states() { becomes 1 optimized && becomes 2 non-optimized && becomes 3 standby; }
optimized_first() { used_only 1; }

then_non_optimized()
{
	path_cut 1
	mpath_io read "$HEAD" count=4 && used_only 2
}

best_again()
{
	path_restore 1
	wait_for 30 path_usable 1 && used_only 1
}

follows_flips()
{
	local i

	fio_start flips "$HEAD" --offset=48m --size=8m
	io_advances "$HEAD" 200 || return
	for ((i = 0; i < ROUNDS; i++)); do
		becomes 1 standby && becomes 2 optimized && path_carries 2 &&
			becomes 1 optimized && becomes 2 unavailable && path_carries 1 || return
	done
	becomes 2 non-optimized && fio_stop flips
}

# The target changes its mind without a word: the refused command itself is the news.
unannounced_standby()
{
	alua_set 1 standby && work && wait_for 20 path_is 1 standby &&
		path_idle 1 work && becomes 1 optimized && used_only 1
}

in_transition() { [ "$(cat "${LIO_DISK[d0]}/alua/g1/alua_access_state")" = 15 ]; }

# The only group that serves is in transition for a while: I/O waits, and nothing fails.
transition()
{
	local moved

	moved=$(path_stat 1 errors)
	bg flip alua_set 1 non-optimized
	wait_for 3 in_transition || return
	bg io work
	wait_for 3 path_is 1 transitioning && bg_result io 60 && bg_result flip 60 || return
	[ "$(path_stat 1 errors)" -gt "$moved" ] || { echo "no I/O met the transition"; return 1; }
}

# The target's delay has to outlast the start of a program.
long_transition()
{
	local rc

	becomes 2 standby && becomes 1 optimized || return
	alua_attr 1 implicit_trans_secs 60
	alua_attr 1 trans_delay_msecs $((LAB_SLOW > 1 ? 20000 : 4000))
	transition
	rc=$?
	alua_attr 1 trans_delay_msecs 0
	[ $rc -eq 0 ] && becomes 1 optimized && used_only 1
}

# Nobody serves, and nobody is told when a group does again: waiting I/O has the states read.
finds_out()
{
	becomes 1 standby && becomes 2 standby && becomes 3 unavailable || return
	bg waiting mpath_io verify "$HEAD" off=$((40 << 20)) seed=1 count=20
	not within 2 bg_ended waiting && alua_set 2 optimized && bg_result waiting 20 &&
		wait_for 5 path_is 2 optimized && becomes 1 optimized
}

# at_scan STATE1 STATE2 STATE3: all paths are deleted and found again in these states
at_scan()
{
	local p

	for p in 1 2 3; do
		if path_there $p; then path_delete $p; fi
	done
	wait_for 20 no_heads || return
	for p in 1 2 3; do
		alua_set $p "${!p}"
	done
	for p in 1 2 3; do
		path_rescan $p || return
	done
	wait_for 20 head_exists 1 || { echo "no head"; return 1; }
	HEAD=$(head_of 1)
	HEAD_DIR=$(head_dir 1)
	[ "$(head_paths 1 | wc -l)" -eq 3 ]
}

head_has_size() { [ "$(cat "/sys/block/${HEAD#/dev/}/size")" = "$1" ]; }

all_standby() { at_scan standby standby standby; }

wakes_up()
{
	becomes 1 optimized && wait_for 30 head_has_size 131072 && work && used_only 1
}

partitions_appear() { wait_for 20 test -b "${HEAD}1"; }

second_active()
{
	at_scan standby optimized standby && wait_for 20 head_has_size 131072 && used_only 2
}

# The state of a path is unknown when the target does not answer that question any more. A rescan
# has it asked.
MAINTENANCE_IN=0xa3

rescan() { find_path_dir "$1" && echo 1 > "$REPLY/rescan"; }

refuses_to_tell()
{
	sdebug_fail 2 $MAINTENANCE_IN -1000000 0 0x2 0x5 0x24 0 && rescan 2 &&
		wait_for 20 head_ready 1 2 &&
		wait_for 20 path_is 2 unknown
}

two_simulated() { lab_down_targets && wait_for 20 no_heads && lab_up_sdebug; }
known_first() { path_idle 2 work; }

then_unknown()
{
	path_cut 1
	path_idle 1 true && work && path_is 2 unknown
}

known_again()
{
	path_restore 1
	wait_for 30 path_usable 1 && path_idle 2 work
}

then_both()
{
	sdebug_clear 2 $MAINTENANCE_IN
	rescan 2 && wait_for 20 path_is 2 optimized && head_set iopolicy round-robin &&
		not path_idle 2 work
}

first_joins_later() { becomes 1 optimized && becomes 2 non-optimized && used_only 1; }

lab_begin 20 fio sg_turs sfdisk mod:scsi_multipath mod:scsi_debug
mpath_load always=1 || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "one disk over three ports" lab_up paths=3 store=fileio
echo size=16M | sfdisk -q "$HEAD"

is_fatal "optimized, non-optimized and standby are told apart" three_states
check "the optimized path carries everything" optimized_first
check "without it, the non-optimized one" then_non_optimized
check "when it returns, it carries everything again" best_again
check "I/O follows standby and unavailable, $ROUNDS times, without an error" follows_flips
check "a state that changed unannounced is learnt from the refused command" unannounced_standby
check "I/O waits for a transition to end" long_transition
check "I/O that waits in standby finds out when one turns active" finds_out
check "all in standby when scanned: a head, no ordinary disks" all_standby
check "one of them turns active: the head has its size and works" wakes_up
check "and its partition table was read" partitions_appear
check "the first in standby, the second active: it works at once" second_active
check "the first joins when it turns active" first_joins_later

is_fatal "two simulated paths" two_simulated
is_fatal "one does not tell its state: unknown" refuses_to_tell
check "the known one carries everything" known_first
check "without it, the unknown one" then_unknown
check "when it returns, it carries everything again" known_again
check "once the other tells its state, both are used" then_both
ktap_finished

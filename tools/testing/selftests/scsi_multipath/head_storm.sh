#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Heads are made and removed in a storm, while old ones are still held open so that their names and
# numbers stay taken: no LUN is ever lost, to a name or to anything else.
#
# CONFIG: base debug
# TIMEOUT: 600

. "$(dirname "$0")/lib.sh"

LUNS=4
ROUNDS=$(count_for 2 200)
if lab_is_debug; then ROUNDS=$(count_for 1 40); fi

# LUN number L is behind ports 2 L + 1 and 2 L + 2: tcm_loop finds LUN 0 only, when asked to scan.
up()
{
	local l one two

	for ((l = 0; l < LUNS; l++)); do
		one=$((2 * l + 1)) two=$((2 * l + 2))
		lio_disk "disk$l" size_mb=16 && lio_port $one && lio_port $two &&
			lio_map $one "disk$l" 1 && lio_map $two "disk$l" 2 || return
	done
	all_complete
}

first_path() { echo $((2 * $1 + 1)); }
complete() { head_ready "$(first_path "$1")" 2; }

all_complete()
{
	local l

	for ((l = 0; l < LUNS; l++)); do
		wait_for 40 complete $l || { echo "LUN $l has no head with two paths"; return 1; }
	done
	[ "$(heads_count)" -eq $LUNS ]
}

# write_marks, check_marks: what is on a LUN belongs to it
write_marks()
{
	local l

	for ((l = 0; l < LUNS; l++)); do
		mpath_io write "$(head_of "$(first_path $l)")" seed=$l || return
	done
}

check_marks()
{
	local l

	for ((l = 0; l < LUNS; l++)); do
		mpath_io verify "$(head_of "$(first_path $l)")" seed=$l || return
	done
}

# One LUN: both paths go, both come, in changing order
storm()
{
	local i first second

	first=$(first_path "$1")
	second=$((first + 1))

	for ((i = 0; i < ROUNDS; i++)); do
		path_delete "$first" && path_delete "$second" &&
			path_rescan "$second" && path_rescan "$first" || return
		first=$((first + second)) second=$((first - second)) first=$((first - second))
	done
}

# Opens whatever heads there are and lets go a little later, for as long as the storm lasts
opener()
{
	local dir disk

	while [ ! -e "$LAB_TMP/stop" ]; do
		for dir in "$LAB_HEADS"/*/sd*; do
			disk=/dev/${dir##*/}
			{ "$MPATH_IO" read "$disk" count=20; } > /dev/null 2>&1
		done
	done
}

all_at_once()
{
	local l

	bg opener opener
	for ((l = 0; l < LUNS; l++)); do
		bg "storm$l" storm $l
	done
	for ((l = 0; l < LUNS; l++)); do
		bg_result "storm$l" 600 || { echo "LUN $l"; touch "$LAB_TMP/stop"; return 1; }
	done
	touch "$LAB_TMP/stop"
	bg_result opener 60
}

# An opener keeps a dead head: the next head of the LUN must get another name, and work.
held_open()
{
	local old

	head_use 1 2 && old=$HEAD && hold "$HEAD" && path_delete 1 && path_delete 2 &&
		path_rescan 1 && path_rescan 2 && head_use 1 2 || return
	echo "held $old, new $HEAD"
	[ "$HEAD" != "$old" ] && mpath_io verify "$HEAD" seed=0 && hold_end
}

no_ordinary()
{
	local l

	for ((l = 0; l < LUNS; l++)); do
		path_hidden $((2 * l + 1)) && path_hidden $((2 * l + 2)) ||
			{ echo "LUN $l has an ordinary disk"; return 1; }
	done
}

lab_begin 8 mod:scsi_multipath
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "$LUNS disks over two ports each" up
is_fatal "each has its mark" write_marks
check "$LUNS LUNs, removed and found $ROUNDS times, all at once" all_at_once
check "every LUN has its head with two paths" all_complete
check "every LUN still has its own data" check_marks
check "a name that is held is not used twice" held_open
check "no path became an ordinary disk" no_ordinary
check "the kernel met no name twice" \
	klog_lacks 'duplicate filename|kobject_add_internal failed'
ktap_finished

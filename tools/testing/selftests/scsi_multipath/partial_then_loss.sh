#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A command that transferred a part only, and whose rest then meets a dead path: the whole bio is
# sent again elsewhere, and its data is right from the first byte to the last.
#
# scsi_debug answers every command late here, and every fourth read is short. While the short one is
# under way its path is broken, so that the rest, which the kernel sends next, fails.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

ROUNDS=$(count_for 2 20)
LEN=65536
DELAY_NS=999000000		# less than a second, else in jiffies
DELAY_JIFFIES=2000		# where a program needs a second to start
OPT_SHORT_TRANSFER=0x101	# and says in the log what it is sent

# A path that is set offline would be read anew when it is set running: commands that count.
path_keep_out() { echo "$2" > "$(path_dir "$1")/mpath/disabled"; }

in_flight() { [ "$(path_commands 1)" -gt "$1" ]; }

# No command may be under way while this is changed.
answers_late()
{
	if lab_is_debug; then
		wait_for 20 sdebug_set delay $DELAY_JIFFIES
	else
		wait_for 20 sdebug_set ndelay $DELAY_NS
	fi 2> /dev/null
}

answers_at_once() { wait_for 20 sdebug_set delay 1 2> /dev/null; }

# The driver's count of commands decides which read is short: three that do not matter come first.
# udev, which reads the head after each event, would take part in the count.
short_read_next()
{
	sdebug_set opts $OPT_SHORT_TRANSFER
	sdebug_set every_nth 4
	path_poke 1
	path_poke 1
	path_poke 1
}

no_short_reads()
{
	sdebug_set every_nth 0
	sdebug_set opts 0
}

# Path 2 is out of the way until the read is on path 1.
one_round()
{
	local before rc

	path_keep_out 2 1
	short_read_next
	answers_late || return
	before=$(path_commands 1)
	bg reader mpath_io verify "$HEAD" seed=1 len=$LEN
	wait_for 10 in_flight "$before" || return
	before=$(path_errors 1)
	path_keep_out 2 0
	path_cut 1
	bg_result reader 60
	rc=$?
	path_restore 1
	no_short_reads
	answers_at_once
	[ $rc -eq 0 ] || return
	[ "$(path_errors 1)" -gt "$before" ] && klog_has 'fail command 0x28' ||
		{ echo "no read failed on path 1: nothing was proved"; return 1; }
	wait_for 40 path_usable 1
}

partial_reads()
{
	local i

	for ((i = 0; i < ROUNDS; i++)); do
		klog_mark
		one_round || return
	done
}

# The same without the loss proves that the read really was short: two commands for one read.
short_alone()
{
	local n

	path_keep_out 2 1
	short_read_next
	klog_mark
	mpath_io verify "$HEAD" seed=1 len=$LEN || return
	n=$(klog_count 'scsi_debug: tag=.*cmd 28 ')
	no_short_reads
	path_keep_out 2 0
	echo "$n commands"
	[ "$n" -eq 2 ] && wait_for 20 path_usable 2
}

# Large bios are cut into many requests; some are done, some under way, some not sent when the path
# dies.
split_then_loss()
{
	local i

	wait_for 20 sdebug_set ndelay 20000000 2> /dev/null || return
	for ((i = 0; i < ROUNDS; i++)); do
		bg writer mpath_io write "$HEAD" off=$((8 << 20)) seed=$i len=$((8 << 20))
		wait_for 10 in_flight "$(($(path_commands 1) + 2))"
		path_cut 1
		bg_result writer 120 || return
		path_restore 1
		wait_for 40 path_usable 1
		mpath_io verify "$HEAD" off=$((8 << 20)) seed=$i len=$((8 << 20)) || return
	done
	answers_at_once
}

lab_begin 4 sg_turs mod:scsi_multipath mod:scsi_debug
mpath_load always=1 || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "one disk over two paths" lab_up_sdebug ndelay=0 max_queue=64
head_set iopolicy round-robin
mpath_io write "$HEAD" seed=1 len=$LEN > /dev/null

is_fatal "a read is short, and the rest is fetched" without_udev short_alone
check "short, then the path is lost: the data is right, $ROUNDS times" without_udev partial_reads
check "split, then the path is lost: the data is right, $ROUNDS times" split_then_loss
ktap_finished

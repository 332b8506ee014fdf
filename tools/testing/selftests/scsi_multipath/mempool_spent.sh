#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two paths hold every clone that there is memory for: their commands get no answer, the reserve is
# spent and no other memory is to be had. Then both go offline and a third path joins: it brings
# clones of its own, and what waited is done while the two still hold theirs.
#
# CONFIG: debug
# TIMEOUT: 600

. "$(dirname "$0")/lib.sh"

WRITE_10=0x2a READ_10=0x28
HOLD_SECS=300			# time-out of a command that gets no answer
export IO_LIMIT=$((HOLD_SECS * 3))
MB=$((1 << 20))

three_then_two()
{
	lab_up_sdebug hosts=3 uuid_ctl=2 && path_delete 3 && wait_for 20 head_ready 1 2 &&
		head_set iopolicy queue-depth && head_set no_path_timeout_secs $HOLD_SECS
}

# hold_paths TIMES: so many reads and writes get no answer; 0 is none any more
hold_paths()
{
	local p op

	for p in 1 2; do
		for op in $WRITE_10 $READ_10; do
			if [ "$1" -eq 0 ]; then
				sdebug_clear $p $op
			else
				echo $HOLD_SECS > "$(path_dir $p)/timeout" &&
					sdebug_timeout $p $op -"$1" || return
			fi
		done
	done
}

in_flight() { [ $(($(path_stat 1 inflight) + $(path_stat 2 inflight))) -ge "$1" ]; }

# Far more writes than the reserve has clones
spent()
{
	hold_paths 100000 && fault_on libmultipath 100 nowait || return
	bg held fio_burst "$HEAD" --ioengine=libaio --iodepth=128 --size=1m
	wait_for 20 in_flight 4 || return
	bg waiting mpath_io write "$HEAD" off=$((8 * MB)) seed=1 count=4
	not within 5 bg_ended waiting && not bg_ended held && [ "$(fault_hits)" -gt 0 ]
}

# None of the held commands has come back when this is done.
third_serves()
{
	local held

	path_set 1 offline && path_set 2 offline || return
	held=$(($(path_stat 1 inflight) + $(path_stat 2 inflight)))
	path_rescan 3 && bg_result waiting $((HOLD_SECS / 2)) && not bg_ended held || return
	echo "$held held"
	in_flight "$held"
}

right() { mpath_io verify "$HEAD" off=$((8 * MB)) seed=1 count=4; }

all_done()
{
	fault_off
	hold_paths 0
	# A path that runs again is rescanned, and that would wait for the commands too.
	bg_result held $IO_LIMIT && path_set 1 running && path_set 2 running && right
}

locked() { exec flock -F "$HEAD" sleep infinity; }

lab_begin 4 fio flock udevadm mod:scsi_multipath mod:scsi_debug \
	/sys/kernel/debug/failslab/require-start
mpath_is_builtin && lab_skip "scsi_multipath is built in: its range of code is not known"
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "one disk over two ports" three_then_two
# udev, which probes the disk and has its partitions read again when a writer closes it, would be
# held as well, and all openers with it. A lock tells it to keep off.
udevadm settle
bg lock locked
wait_for 10 not flock -n "$HEAD" true || ktap_exit_fail_msg "no lock on $HEAD"
is_fatal "writes hold all clones, a further one waits for memory" spent
check "a third path joins: that one is written, while the others are held" third_serves
check "the others are written when their time-out has ended them" all_done
ktap_finished

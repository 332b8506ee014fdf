#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every kind of block I/O survives the loss of the path that it was sent down.
#
# For each kind a path is cut while the kernel still believes in it, so that I/O fails there first:
# the test insists that I/O was moved. What was written is then compared on the target's side,
# where multipath cannot help.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

MB=$((1 << 20))
LARGE=$((4 * MB))
N=6			# per kind: with two paths in turns, several go down the dead one

# Paths are lost in turns.
VICTIM=1
other() { echo $((3 - VICTIM)); }

both_usable() { path_usable 1 && path_usable 2; }

flushes() { awk '{ print $16 }' "/sys/block/$(path_disk "$1")/stat"; }

# during_loss COMMAND...: COMMAND holds although a path, newly dead, swallows some of its I/O; and
# the path comes back. It is then scanned anew, because one that is lost again and again is tried
# ever more rarely, which is not what this is about.
during_loss()
{
	local moved rc

	VICTIM=$(other)
	moved=$(path_stat "$VICTIM" errors)
	path_cut "$VICTIM"
	"$@"
	rc=$?
	moved=$(($(path_stat "$VICTIM" errors) - moved))
	path_restore "$VICTIM"
	[ $rc -eq 0 ] || return
	[ $moved -gt 0 ] || { echo "nothing failed on path $VICTIM: nothing was proved"; return 1; }
	wait_for 20 path_usable "$VICTIM" || { echo "$LAB_WHY"; return 1; }
	path_delete "$VICTIM" && path_rescan "$VICTIM" &&
		wait_for 20 both_usable && wait_for 20 head_ready 1 2
}

# on_target OP [KEY=VALUE...]: the backing file, not the disk
on_target()
{
	mpath_io "$1" "${LIO_FILE[d0]}" direct=0 "${@:2}"
}

reads()
{
	mpath_io write "$HEAD" seed=1 count=$N &&
		during_loss mpath_io verify "$HEAD" seed=1 count=$N
}

writes()
{
	during_loss mpath_io write "$HEAD" off=$MB seed=2 count=$N &&
		on_target verify off=$MB seed=2 count=$N
}

buffered()
{
	during_loss mpath_io flush "$HEAD" off=$((2 * MB)) seed=3 count=$N direct=0 &&
		on_target verify off=$((2 * MB)) seed=3 count=$N
}

# A flush must not be taken for done because its path died: the other path has to see every one.
flush()
{
	local survivor=$VICTIM before

	mpath_io write "$HEAD" off=$((3 * MB)) seed=4 count=$N || return
	before=$(flushes "$survivor")
	during_loss mpath_io fsync "$HEAD" count=$N || return
	echo "$N times fsync, $(($(flushes "$survivor") - before)) flushes on path $survivor"
	[ $(($(flushes "$survivor") - before)) -ge $N ] &&
		on_target verify off=$((3 * MB)) seed=4 count=$N
}

fua()
{
	during_loss mpath_io fua "$HEAD" off=$((4 * MB)) seed=5 count=$N &&
		on_target verify off=$((4 * MB)) seed=5 count=$N
}

discard()
{
	mpath_io write "$HEAD" off=$((5 * MB)) seed=6 len=65536 count=$N &&
		during_loss mpath_io discard "$HEAD" off=$((5 * MB)) len=65536 count=$N &&
		on_target zero off=$((5 * MB)) len=65536 count=$N
}

write_zeroes()
{
	mpath_io write "$HEAD" off=$((6 * MB)) seed=7 len=65536 count=$N &&
		during_loss mpath_io zeroout "$HEAD" off=$((6 * MB)) len=65536 count=$N &&
		on_target zero off=$((6 * MB)) len=65536 count=$N
}

large_writes()
{
	during_loss mpath_io write "$HEAD" off=$((8 * MB)) seed=8 len=$LARGE count=2 &&
		on_target verify off=$((8 * MB)) seed=8 len=$LARGE count=2
}

large_reads()
{
	mpath_io write "$HEAD" off=$((8 * MB)) seed=9 len=$LARGE count=2 &&
		during_loss mpath_io verify "$HEAD" off=$((8 * MB)) seed=9 len=$LARGE count=2
}

mapped_writes()
{
	during_loss mpath_io mmap "$HEAD" off=$((16 * MB)) seed=10 len=65536 count=$N &&
		on_target verify off=$((16 * MB)) seed=10 len=65536 count=$N
}

mapped_reads()
{
	mpath_io write "$HEAD" off=$((17 * MB)) seed=11 len=65536 count=$N &&
		during_loss mpath_io mmap_verify "$HEAD" off=$((17 * MB)) seed=11 len=65536 count=$N
}

# EAGAIN is a fair answer to NOWAIT, an I/O error is not; and after the loss it has to work again.
nowait_reads()
{
	mpath_io write "$HEAD" off=$((18 * MB)) seed=12 count=$N &&
		during_loss mpath_io nowait_read "$HEAD" off=$((18 * MB)) seed=12 count=$N &&
		none_again nowait_read off=$((18 * MB)) seed=12
}

nowait_writes()
{
	during_loss mpath_io nowait_write "$HEAD" off=$((19 * MB)) seed=13 count=$N &&
		none_again nowait_write off=$((19 * MB)) seed=14 &&
		on_target verify off=$((19 * MB)) seed=14 count=$N
}

# none_again OP KEY=VALUE...: with its paths there, NOWAIT I/O need not be asked for again
none_again()
{
	local out

	out=$(mpath_io "$1" "$HEAD" count=$N "${@:2}") || { echo "$out"; return 1; }
	echo "$out"
	[[ $out == *" again=0 "* ]]
}

uring()
{
	during_loss fio_burst "$HEAD" --offset=$((20 * MB)) --ioengine=io_uring --iodepth=8
}

many_threads()
{
	during_loss fio_burst "$HEAD" --offset=$((24 * MB)) --size=1m --ioengine=psync --numjobs=4 \
		--offset_increment=1m
}

# The same for a device that the administrator sets offline: nothing is sent there at all.
offline()
{
	path_set 1 offline &&
		mpath_io flush "$HEAD" off=$((30 * MB)) seed=14 count=$N &&
		path_is 1 offline gone &&
		path_set 1 running && wait_for 20 both_usable &&
		path_set 2 offline &&
		mpath_io verify "$HEAD" off=$((30 * MB)) seed=14 count=$N &&
		path_set 2 running && wait_for 20 both_usable
}

comes_back() { wait_for 20 both_usable; }

KINDS=(
	"reads:reads"
	"direct writes:writes"
	"buffered writes with fsync:buffered"
	"flushes, each one reaching a path:flush"
	"FUA writes:fua"
	"discards:discard"
	"write zeroes:write_zeroes"
	"large writes that are split:large_writes"
	"large reads that are split:large_reads"
	"writes through a mapping:mapped_writes"
	"reads through a mapping:mapped_reads"
	"NOWAIT reads:nowait_reads"
	"NOWAIT writes:nowait_writes"
	"io_uring with eight in flight:uring"
	"four threads at once:many_threads"
)

listen()
{
	exec udevadm monitor --kernel --property --subsystem-match=block \
		--subsystem-match=scsi_mpath_device
}

# heard EXPRESSION: how many lines of the events so far
heard() { grep -c "$1" "$LAB_TMP/bg.events.out"; }
listens() { [ "$(heard '^KERNEL - ')" -gt 0 ]; }

# told_of PATH NUMBER: by more events than that
told_of() { [ "$(heard "^SCSI_MPATH_PATH=$(hctl "$1")\$")" -gt "$2" ]; }

# An event of the disk would have udev read it while it has lost a path, possibly the last one.
told_of_loss_and_return()
{
	local path before

	path=$(other)
	wait_for 10 listens && path_cut "$path" && mpath_io read "$HEAD" count=$N &&
		wait_for 10 told_of "$path" 0 && not path_usable "$path" || return
	before=$(heard "^SCSI_MPATH_PATH=")
	path_restore "$path" && wait_for 20 path_usable "$path" &&
		wait_for 10 told_of "$path" "$before" &&
		[ "$(heard '^KERNEL.* change .*(block)')" -eq 0 ]
}

tells_user_space()
{
	local rc

	udevadm settle
	bg events listen
	told_of_loss_and_return
	rc=$?
	kill "${BG_PID[events]}"
	unset "BG_PID[events]"
	return $rc
}

ROUNDS=$(count_for 1 20)
lab_begin $((1 + (${#KINDS[@]} + 3) * ROUNDS)) fio udevadm mod:scsi_multipath
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "one disk over two ports" lab_up paths=2 store=fileio
head_set iopolicy round-robin

for ((round = 0; round < ROUNDS; round++)); do
	for kind in "${KINDS[@]}"; do
		check "a lost path is not noticed by ${kind%%:*}" "${kind##*:}"
	done
	check "a path set offline is not noticed" offline
	check "all paths are in use again" comes_back
	check "user space is told of a loss and a return, and udev reads no disk" tells_user_space
done
ktap_finished

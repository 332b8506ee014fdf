#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A head that has lost all its paths: I/O waits as long as a path may come back, then fails with
# EIO; nothing hangs, a mounted file system can be left, and the LUN is there again after a scan.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

# When every path fails and nothing says otherwise, two probes decide: 5 s. The rest is for a slow
# guest, and on a debug kernel for writing back what a file system has cached.
BOUND=20
DELAY=4		# delayed_removal_secs where it is to expire: a program has to start in it
if lab_is_debug; then BOUND=60 DELAY=20; fi
OUTAGE=8		# longer than the 5 s after which I/O would fail by itself
MNT=

cut_all() { path_cut 1 && path_cut 2; }
restore_all() { path_restore 1 && path_restore 2; }
delete_all() { path_delete 1 && path_delete 2; }
rescan_all() { path_rescan 1 && path_rescan 2 && head_use 1 2; }
both_usable() { path_usable 1 && path_usable 2; }
works() { mpath_io verify "$HEAD" seed=1 count=4; }

fails_in_time() { fails_with EIO takes_at_most $BOUND mpath_io read "$HEAD"; }

# What was in flight at the moment of the loss is no exception.
workload_fails_in_time()
{
	fio_start doomed "$HEAD" --offset=8m --size=8m --eta=never
	io_advances "$HEAD" 50 || return
	cut_all
	within $BOUND fio_ended doomed || { echo "fio still runs"; return 1; }
	! fio_stop doomed && [ "${FIO_ERROR[doomed]}" = 5 ]
}

comes_back() { restore_all; wait_for 30 both_usable && works; }

# The read must neither fail nor succeed while the cut lasts.
waits_longer()
{
	head_set no_path_timeout_secs 60
	cut_all
	bg parked mpath_io verify "$HEAD" seed=1 count=4
	not within $OUTAGE bg_ended parked || { bg_result parked 1; return 1; }
	restore_all
	bg_result parked 30 && head_set no_path_timeout_secs 0 && wait_for 30 both_usable
}

mount_it()
{
	mkfs.ext4 -q "$HEAD" && lab_mount "$HEAD" "$MNT" &&
		dd if=/dev/urandom of="$MNT/kept" bs=64k count=4 conv=fsync status=none &&
		SUM=$(sha256sum < "$MNT/kept")
}

# Until it fails, so that it is at it when the paths go, however long that takes
write_on()
{
	while dd if=/dev/zero of="$MNT/lost" bs=64k count=400 conv=fsync status=none; do
		:
	done
	return 1
}

# A file system writes back while its disk goes away, and removal must not wait for it for ever.
delete_under_mount()
{
	bg writer write_on
	wait_for 10 test -s "$MNT/lost" || return
	takes_at_most $BOUND delete_all
}

writer_fails()
{
	bg_result writer $BOUND
	[ $? -eq 1 ] && grep -E "Input/output error|Read-only file system" "$LAB_TMP/bg.writer.out"
}

removed_in_time() { within $BOUND head_gone; }
unmounts() { takes_at_most $BOUND umount "$MNT"; }

kept_is_back()
{
	rescan_all && lab_mount "$HEAD" "$MNT" &&
		[ "$(sha256sum < "$MNT/kept")" = "$SUM" ] && umount "$MNT"
}

stays_without_paths()
{
	head_set delayed_removal_secs 120 && delete_all && [ -d "$HEAD_DIR" ] && [ -b "$HEAD" ]
}

parked_until_rescan()
{
	local old=$HEAD

	bg parked mpath_io write "$HEAD" seed=2 count=4
	not within 3 bg_ended parked || { bg_result parked 1; return 1; }
	rescan_all && [ "$HEAD" = "$old" ] && bg_result parked 30 &&
		mpath_io verify "$HEAD" seed=2 count=4
}

expires()
{
	local start

	head_set delayed_removal_secs $DELAY
	delete_all
	start=$(now_ms)
	bg parked mpath_io read "$HEAD"
	fails_with EIO bg_result parked $((DELAY + BOUND)) || return
	[ $(($(now_ms) - start)) -ge $(((DELAY - 1) * 1000)) ] ||
		{ echo "failed too early"; return 1; }
	removed_in_time
}

# Deleted while I/O is parked and somebody holds the disk open: the waiters get their error, the
# delete returns, and the opener sees an error instead of another disk.
delete_while_parked()
{
	head_set no_path_timeout_secs 300
	hold "$HEAD"
	cut_all
	bg parked mpath_io read "$HEAD"
	takes_at_most $BOUND delete_all || return
	fails_with EIO bg_result parked $BOUND && removed_in_time && hold_end
}

lab_begin 17 fio mod:scsi_multipath
MNT=$LAB_TMP/mnt
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "one disk over two ports" lab_up paths=2 store=fileio
mpath_io write "$HEAD" seed=1 count=4 > /dev/null

check "with all paths dead a workload ends with EIO in time" workload_fails_in_time
check "and so does a new read" fails_in_time
check "it works again when the paths return" comes_back
check "no_path_timeout_secs: I/O waits out a longer outage" waits_longer

is_fatal "a file system on it" mount_it
check "both paths deleted under a mounted file system: delete returns" delete_under_mount
check "the writer is told" writer_fails
check "the head goes away in time" removed_in_time
check "umount returns" unmounts
check "a scan brings the LUN back, with what was synced" kept_is_back

check "delayed_removal_secs: the head stays without paths" stays_without_paths
check "I/O waits, and is done by the path that comes" parked_until_rescan
check "the delay expires: EIO not before, and the head goes away" expires
check "a scan makes a new head" rescan_all
check "paths deleted while I/O is parked: nobody hangs" delete_while_parked
check "no task was stuck" klog_lacks 'blocked for more than|hung'
ktap_finished

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Errors of the target are the caller's: they are not tried on another path, and arrive with the
# errno that a plain disk gives. Errors of the path are the other way round.
#
# Every case runs first on plain sd, before the module is loaded. The commands that failed are
# counted on each path.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

READ=0x28 WRITE=0x2a
ANY=-1000000		# as often as it is sent

# name | operation | opcode | host byte, status, sense key, ASC, ASCQ
TARGET_ERRORS=(
	"unrecovered read error|read|$READ|0 0x2 0x3 0x11 0x0"
	"read error, reallocation failed|read|$READ|0 0x2 0x3 0x11 0x4"
	"write error|write|$WRITE|0 0x2 0x3 0x0c 0x0"
	"LBA out of range|read|$READ|0 0x2 0x5 0x21 0x0"
	"invalid field in CDB|write|$WRITE|0 0x2 0x5 0x24 0x0"
	"write protected|write|$WRITE|0 0x2 0x7 0x27 0x0"
	"no space for a thin write|write|$WRITE|0 0x2 0x7 0x27 0x7"
	"reservation conflict of a read|read|$READ|0 0x18 0x0 0x0 0x0"
	"reservation conflict of a write|write|$WRITE|0 0x18 0x0 0x0 0x0"
)

PATH_ERRORS=(
	"no connection|read|$READ|0x1 0 0 0 0"
	"transport disrupted|write|$WRITE|0xe 0 0 0 0"
	"transport failed fast|read|$READ|0xf 0 0 0 0"
	"standby|read|$READ|0 0x2 0x2 0x04 0x0b"
	"unavailable|write|$WRITE|0 0x2 0x2 0x04 0x0c"
)

declare -A PLAIN=()	# name: errno on the plain disk

errno_of() { sed -n 's/.* err=//p'; }

both_usable() { path_usable 1 && path_usable 2; }

on_plain()
{
	local name op opcode how err

	for case in "${TARGET_ERRORS[@]}"; do
		IFS='|' read -r name op opcode how <<< "$case"
		# shellcheck disable=SC2086
		sdebug_fail 1 "$opcode" $ANY $how
		err=$(mpath_io "$op" "/dev/$(path_disk 1)" off=1048576 | errno_of)
		sdebug_clear 1 "$opcode"
		echo "$name: $err"
		[ -n "$err" ] && [ "$err" != none ] || return
		PLAIN[$name]=$err
	done
}

# A row of TARGET_ERRORS, on both paths, so that it does not matter which is asked
stays_on_one_path()
{
	local name op opcode how err one two

	IFS='|' read -r name op opcode how <<< "$1"
	one=$(path_errors 1) two=$(path_errors 2)
	# shellcheck disable=SC2086
	sdebug_fail 1 "$opcode" $ANY $how && sdebug_fail 2 "$opcode" $ANY $how
	# shellcheck disable=SC2153
	err=$(mpath_io "$op" "$HEAD" off=1048576 | errno_of)
	sdebug_clear 1 "$opcode"
	sdebug_clear 2 "$opcode"
	one=$(($(path_errors 1) - one)) two=$(($(path_errors 2) - two))
	echo "plain disk: ${PLAIN[$name]}, head: $err; failed commands: path 1 $one, path 2 $two"
	[ "$err" = "${PLAIN[$name]}" ] && [ $((one > 0)) -ne $((two > 0)) ] && both_usable
}

# A row of PATH_ERRORS, on whichever single path is asked: never seen by the caller
moves()
{
	local name op opcode how p before

	IFS='|' read -r name op opcode how <<< "$1"
	for p in 1 2; do
		before=$(path_errors $p)
		# shellcheck disable=SC2086
		sdebug_fail $p "$opcode" $ANY $how
		mpath_io "$op" "$HEAD" off=1048576 count=4 ||
			{ sdebug_clear $p "$opcode"; return 1; }
		sdebug_clear $p "$opcode"
		[ "$(path_errors $p)" -gt "$before" ] ||
			{ echo "no command failed on path $p"; return 1; }
		wait_for 40 both_usable || { echo "$LAB_WHY"; return 1; }
	done
}

# The bad sectors that scsi_debug has by itself: a long read must end with the same number of good
# bytes.
bad_sectors()
{
	sdebug_set opts 2
	"$MPATH_IO" read "$1" off=$((0x1200 * 512)) len=65536 | sed 's/ max_ms=[0-9]*//'
	dd if="$1" of=/dev/null bs=64k iflag=direct,skip_bytes skip=$((0x1200 * 512)) count=1 2>&1 |
		grep -o '^[0-9]* bytes'
	sdebug_set opts 0
}

same_bad_sectors()
{
	bad_sectors "$HEAD" | tee /dev/stderr | diff "$LAB_TMP/plain.bad" - &&
		both_usable
}

both_plain() { lab_up_sdebug wait=0 && path_ordinary 1; }
as_head() { sdebug_down && mpath_load always=1 && lab_up_sdebug && head_set iopolicy round-robin; }

lab_begin $((4 + ${#TARGET_ERRORS[@]} + ${#PATH_ERRORS[@]})) mod:scsi_multipath mod:scsi_debug
module_loaded scsi_multipath && lab_skip "scsi_multipath is there already: nothing to compare with"
is_fatal "plain disks" both_plain
is_fatal "each error ends a command on a plain disk" on_plain
bad_sectors "/dev/$(path_disk 1)" > "$LAB_TMP/plain.bad"
is_fatal "one disk over two paths" as_head
# udev reads a disk after whoever wrote it has closed it. These reads would be counted, and take
# their turn in the round.
for case in "${TARGET_ERRORS[@]}"; do
	check "not failed over, same errno: ${case%%|*}" without_udev stays_on_one_path "$case"
done
check "a read across bad sectors ends the same" without_udev same_bad_sectors
for case in "${PATH_ERRORS[@]}"; do
	check "failed over, unseen: ${case%%|*}" without_udev moves "$case"
done
ktap_finished

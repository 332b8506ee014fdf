#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The whole product in three minutes: a LUN with two ports becomes one disk, and a verified
# workload on a file system runs on while paths are cut, set offline, deleted and come back.
#
# Prints the commands that it runs and what they really answered. The status is 0 only if
# everything held; then the last line says what was proved.

# CONFIG: base debug
# RESULT: status

. "$(dirname "$0")/lib.sh"

FILE_MB=16		# what fio works on
OUTAGE_SECS=2		# how long both ports stay cut in step 3

title() { printf '\n=== %s\n' "$*"; }
say() { printf -- '--- %s\n' "$*"; }

fail()
{
	printf 'FAILED: %s%s\n' "$*" "${LAB_WHY:+ ($LAB_WHY)}"
	paths_show
	klog | tail -n 40
	exit 1
}

# run COMMAND LINE: prints it, runs it, and ends the demo if it fails
run()
{
	printf '$ %s\n' "$1"
	eval "$1" || fail "$1"
}

# must SENTENCE COMMAND...: a condition of success, silent unless it fails
must()
{
	local what=$1
	shift

	"$@" > "$LAB_TMP/must.out" 2>&1 || { cat "$LAB_TMP/must.out"; fail "$what"; }
	say "$what"
}

both_ordinary() { path_ordinary 1 && path_ordinary 2; }
same_wwid() { [ "$(cat "$(path_dir 1)/wwid")" = "$(cat "$(path_dir 2)/wwid")" ]; }
both_usable() { path_usable 1 && path_usable 2; }
both_hidden() { path_hidden 1 && path_hidden 2; }

# ------------------------------------------------------------------------
# Events: what is done, and what the workload shows of it
# ------------------------------------------------------------------------

EVENTS=()

# counters: "DISK I/Os" of the head and of each path, all of the same moment
counters()
{
	awk -v head="${HEAD#/dev/}" '
		FILENAME ~ /stats$/ {
			split($1, disk, "="); split($2, reads, "="); split($4, writes, "=")
			print disk[2], reads[2] + writes[2]
			next
		}
		{ print head, $1 + $5 + $12 + $16 }' \
			"/sys/block/${HEAD#/dev/}/stat" "$HEAD_DIR/stats"
}

event_begin()
{
	EVENT=$1
	say "$EVENT"
	EVENT_FROM=$(now_ms)
	counters > "$LAB_TMP/before"
}

# The workload has to move on before the event counts as over. A path that was deleted counts from 0
# again; what failed on one path and was sent again on another counts twice.
event_end()
{
	must "I/O goes on" io_advances "$HEAD" 50
	printf '    I/Os:'
	counters | awk 'NR == FNR { before[$1] = $2; next }
		{ n = $2 - ($2 >= before[$1] ? before[$1] : 0); printf "  %s %d", $1, n }
		END { print "" }' "$LAB_TMP/before" -
	EVENTS+=("$EVENT_FROM $(now_ms) $EVENT")
}

lab_init
for need in fio lsscsi sg_vpd sfdisk mkfs.ext4 e2fsck; do
	command -v $need > /dev/null || fail "this needs $need"
done

# ------------------------------------------------------------------------
title "1. One LUN behind two ports: what the kernel sees without scsi_multipath, and with it"
# ------------------------------------------------------------------------
! module_loaded scsi_multipath || fail "scsi_multipath is there already"
must "an LIO disk with two target ports, each on a SCSI host of its own" \
	lab_up paths=2 store=fileio size_mb=64 wait=0
udevadm settle
A=$(hctl 1) B=$(hctl 2)
run "lsscsi -g"
run "lsblk -o NAME,HCTL,SIZE,TYPE,MODEL"
run "sg_vpd --page=di --quiet /dev/$(path_disk 1); sg_vpd --page=di --quiet /dev/$(path_disk 2)"
must "two disks, and only their identity tells that they are one" same_wwid
must "both are ordinary" both_ordinary

say "with the module, which leaves disks that exist alone"
run "modprobe scsi_multipath"
must "both are still ordinary" both_ordinary
run "grep -H . /sys/class/scsi_device/{$A,$B}/device/mpath/{path_state,last_error}"
say "so they are deleted and scanned again"
for P in 1 2; do
	run "echo 1 > /sys/class/scsi_device/$(hctl $P)/device/delete"
done
for P in 1 2; do
	ADDR=$(hctl $P)
	run "echo '- - -' > /sys/class/scsi_host/host${ADDR%%:*}/scan"
done
must "one disk, two paths" head_use 1 2
udevadm settle
run "lsscsi -g"
run "lsblk -o NAME,SIZE,TYPE"
run "ls -d /sys/block/sd* | xargs -n1 readlink -f"
run "ls $HEAD_DIR $HEAD_DIR/multipath"
run "grep . $HEAD_DIR/{wwid,state,iopolicy,delayed_removal_secs,no_path_timeout_secs}"
run "grep . /sys/class/scsi_device/{$A,$B}/device/mpath/path_state"
run "sg_vpd --page=di --quiet $HEAD"
must "the paths have no node of their own" both_hidden

# ------------------------------------------------------------------------
title "2. A partition, a file system, a verified workload"
# ------------------------------------------------------------------------
run "echo round-robin > $HEAD_DIR/iopolicy"
run "echo 'type=linux' | sfdisk --quiet $HEAD"
PART=${HEAD}1
must "$PART appears" wait_for 20 test -b "$PART"
run "mkfs.ext4 -q $PART"
MNT=$LAB_TMP/mnt
must "it mounts" lab_mount "$PART" "$MNT"
run "lsblk -o NAME,SIZE,TYPE,FSTYPE $HEAD"
fio_start demo "$MNT/data" --size=${FILE_MB}m
say "fio writes at random to a file of $FILE_MB MiB, reads back, compares:" \
	"in the background until step 4"
event_begin "nothing happens, for comparison"
must "path A carries I/O" path_carries 1
must "path B carries I/O" path_carries 2
event_end

# ------------------------------------------------------------------------
title "3. Paths go and return"
# ------------------------------------------------------------------------
say "path A is $(path_disk 1), path B is $(path_disk 2)"
event_begin "path A is cut: every command on it fails"
run "echo offline > $(lio_port_dir 1)/transport_status"
must "the head does not use it" wait_for 20 not path_usable 1
run "cat /sys/class/scsi_device/$A/device/mpath/{path_state,last_error}"
event_end

event_begin "path A is restored"
run "echo online > $(lio_port_dir 1)/transport_status"
must "it is in use again, by itself" wait_for 30 path_usable 1
must "path A carries I/O" path_carries 1
event_end

event_begin "path B is set offline by the administrator"
run "echo offline > /sys/class/scsi_device/$B/device/state"
must "the head does not use it" wait_for 20 not path_usable 2
run "cat /sys/class/scsi_device/$B/device/mpath/path_state"
event_end

event_begin "path B returns"
run "echo running > /sys/class/scsi_device/$B/device/state"
must "it is in use again" wait_for 30 path_usable 2
must "path B carries I/O" path_carries 2
event_end

event_begin "both are cut for $OUTAGE_SECS s, and the head waits for them"
run "echo 30 > $HEAD_DIR/no_path_timeout_secs"
run "echo offline | tee $(lio_port_dir 1)/transport_status $(lio_port_dir 2)/transport_status"
run "sleep $OUTAGE_SECS"		# the length of the outage, not a wait for something
run "cat /sys/class/scsi_device/{$A,$B}/device/mpath/path_state"
must "fio is still there" fio_running demo
run "echo online | tee $(lio_port_dir 1)/transport_status $(lio_port_dir 2)/transport_status"
must "both are in use again" wait_for 30 both_usable
event_end

event_begin "path A is deleted"
run "echo 1 > /sys/class/scsi_device/$A/device/delete"
must "it is gone" wait_for 20 path_gone 1
run "ls $HEAD_DIR/multipath"
event_end

event_begin "path A is found again by a scan"
run "echo '- - -' > /sys/class/scsi_host/host${A%%:*}/scan"
must "the head has two paths again" wait_for 30 head_ready 1 2
must "path A carries I/O" path_carries 1
event_end

# ------------------------------------------------------------------------
title "4. The verdict"
# ------------------------------------------------------------------------
fio_stop demo || fail "fio found an error"
say "fio: ${FIO_ERROR[demo]} errors, $((FIO_WRITTEN[demo] >> 10)) KiB written," \
	"$((FIO_VERIFIED[demo] >> 10)) KiB verified"
say "longest that an I/O took during each event:"
LONGEST=0
for EVENT in "${EVENTS[@]}"; do
	read -r FROM TO WHAT <<< "$EVENT"
	MS=$(fio_stall demo "$FROM" "$TO")
	[ "$MS" -gt "$LONGEST" ] && LONGEST=$MS
	printf '    %6d ms  %s\n' "$MS" "$WHAT"
done
run "cat $HEAD_DIR/stats"
run "umount $MNT"
run "e2fsck -fn $PART"
say "udev reads a disk that was closed: a module whose disk is open stays"
run "udevadm settle"
run "modprobe -r scsi_multipath"
must "two ordinary disks again" wait_for 30 both_ordinary
udevadm settle
run "lsscsi -g"
run "e2fsck -fn /dev/$(path_disk 2)1"
# A warning or worse ends the guest with a status of its own; what a target says does not count.
must "no task was stuck in all that" klog_lacks 'blocked for more than|BUG:'

printf '\nProved: one disk over two paths; %d path events, 0 errors, %d KiB verified, ' \
	$((${#EVENTS[@]} - 1)) $((FIO_VERIFIED[demo] >> 10))
printf 'longest stall %d ms; the file system is clean; both disks are back.\n' "$LONGEST"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may send what: SG_IO and the other ioctls on a head and on its partitions answer as on a plain
# disk, with and without CAP_SYS_RAWIO. A path must not become a way around the partition test.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

INQUIRY=120000002400		# anybody
VENDOR=c10000000000		# CAP_SYS_RAWIO
WRITE_10=2a0000000000000000000	# not through a file that was opened for reading

without_rawio() { setpriv --bounding-set=-sys_rawio "$@"; }

# outcome COMMAND...: one word, the errno or "none"
outcome() { "$@" 2> /dev/null | sed -n 's/.* err=//p'; }

# matrix DISK: a line for each combination
matrix()
{
	local disk=$1 node who as

	for node in "$disk" "${disk}1"; do
		for who in root without_rawio; do
			as=$who
			if [ $who = root ]; then as="env"; fi
			echo "$who ${node#"$disk"} INQUIRY" \
				"$(outcome $as "$MPATH_IO" sg_io "$node" cdb=$INQUIRY len=36)"
			echo "$who ${node#"$disk"} VENDOR" \
				"$(outcome $as "$MPATH_IO" sg_io "$node" cdb=$VENDOR len=0)"
			echo "$who ${node#"$disk"} WRITE" \
				"$(outcome $as "$MPATH_IO" sg_io "$node" \
					cdb=${WRITE_10:0:20} len=0)"
			echo "$who ${node#"$disk"} BLKRRPART" \
				"$(outcome $as "$MPATH_IO" reread "$node")"
		done
	done
}

geometry()
{
	blockdev --getsz --getss --getpbsz --getiomin --getioopt --getalignoff --getro "$1"
	sg_inq "$1" 2> /dev/null | grep -v 'Unit serial number\|Peripheral'
	sg_vpd --page=di --quiet "$1"
}

same() { diff "$LAB_TMP/plain.$1" "$LAB_TMP/head.$1"; }

# The matrix means nothing if all its answers are the same.
tells_apart()
{
	cat "$LAB_TMP/plain.matrix"
	grep -q 'root  INQUIRY none' "$LAB_TMP/plain.matrix" &&
		grep -q 'without_rawio  INQUIRY none' "$LAB_TMP/plain.matrix" &&
		grep -q 'without_rawio  VENDOR EPERM' "$LAB_TMP/plain.matrix" &&
		grep -q 'without_rawio 1 INQUIRY E' "$LAB_TMP/plain.matrix"
}

# SG_IO is sent once, whatever happens to it; it is no business of multipath to repeat it.
sent_once()
{
	local before sent out

	path_cut 1
	path_cut 2
	before=$(($(path_commands 1) + $(path_commands 2)))
	out=$(outcome mpath_io sg_io "$HEAD" cdb=000000000000 len=0)
	sent=$(($(path_commands 1) + $(path_commands 2) - before))
	path_restore 1
	path_restore 2
	echo "outcome $out, commands: $sent"
	[ "$out" != none ] && [ $sent -eq 1 ] &&
		wait_for 30 path_usable 1 && wait_for 30 path_usable 2
}

rescan()
{
	mpath_load && path_delete 1 && path_delete 2 &&
		path_rescan 1 && path_rescan 2 && head_use 1 2 &&
		wait_for 20 test -b "${HEAD}1"
}

as_head()
{
	matrix "$HEAD" > "$LAB_TMP/head.matrix" &&
		geometry "$HEAD" > "$LAB_TMP/head.geometry"
}

lab_begin 6 setpriv sfdisk sg_inq sg_vpd mod:scsi_multipath
module_loaded scsi_multipath && lab_skip "scsi_multipath is there already: nothing to compare with"
lab_up paths=2 wait=0 store=fileio || ktap_exit_fail_msg "$LAB_WHY"
PLAIN=/dev/$(path_disk 1)
echo size=16M | sfdisk -q "$PLAIN"
wait_for 20 test -b "${PLAIN}1"
matrix "$PLAIN" > "$LAB_TMP/plain.matrix"
geometry "$PLAIN" > "$LAB_TMP/plain.geometry"

check "on a plain disk, capability and partition make a difference" tells_apart
is_fatal "one disk over two ports" rescan
check "the same questions are answered" as_head
check "SG_IO and BLKRRPART: as on the plain disk, with and without CAP_SYS_RAWIO" same matrix
check "size, limits and identity: as on the plain disk" same geometry
check "SG_IO with all paths dead is sent once, and fails" without_udev sent_once
ktap_finished

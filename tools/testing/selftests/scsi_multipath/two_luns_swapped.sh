#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two LUNs whose numbers are swapped on the second port: heads follow the identity, never the
# address, and what is written to one never reaches the other, whichever paths are left.
#
#	port 1: LUN 0 = A, LUN 1 = B	port 2: LUN 0 = B, LUN 1 = A
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

ROUNDS=$(count_for 2 50)
A='' B=''

up()
{
	lio_disk A store=fileio && lio_disk B store=fileio && lio_port 1 && lio_port 2 || return
	lio_map 1/0 A 1 && lio_map 1/1 B 1 && lio_map 2/0 B 2 && lio_map 2/1 A 2 || return
	head_use 1/1 2 && B=$HEAD && head_use 1/0 2 && A=$HEAD && [ "$A" != "$B" ]
}

paired()
{
	[ "$(head_of 2/1)" = "$A" ] && [ "$(head_of 2/0)" = "$B" ] &&
		[ "$(heads_count)" -eq 2 ]
}

right_place()
{
	mpath_io write "$A" seed="$1" count=16 && mpath_io write "$B" seed=$(($1 + 1)) count=16 &&
		mpath_io verify "${LIO_FILE[A]}" direct=0 seed="$1" count=16 &&
		mpath_io verify "${LIO_FILE[B]}" direct=0 seed=$(($1 + 1)) count=16
}

usable() { path_usable 1/0 && path_usable 1/1 && path_usable 2/0 && path_usable 2/1; }

# without PORT: one port dead, both LUNs on the other
without()
{
	path_cut "$1"
	right_place $(($1 * 10))
	local rc=$?
	path_restore "$1"
	[ $rc -eq 0 ] && wait_for 30 usable
}

crosswise()
{
	path_set 1/0 offline && path_set 2/0 offline && right_place 30 &&
		path_set 1/0 running && path_set 2/0 running && wait_for 30 usable
}

under_io()
{
	local i

	fio_start a "$A" --offset=1m --size=4m
	fio_start b "$B" --offset=1m --size=4m
	for ((i = 0; i < ROUNDS; i++)); do
		path_cut 1 && io_advances "$A" && io_advances "$B" &&
			path_restore 1 && wait_for 30 usable &&
			path_delete 2/0 && path_delete 1/0 &&
			io_advances "$A" && io_advances "$B" &&
			path_rescan 1/0 && path_rescan 2/0 && wait_for 30 usable || return
	done
	fio_stop a && fio_stop b
}

# All four are taken away and mapped in the other order
other_order()
{
	local p

	for p in 1/0 1/1 2/0 2/1; do
		lio_unmap $p || return
	done
	wait_for 20 no_heads || return
	lio_map 2/1 A 2 && lio_map 2/0 B 2 && lio_map 1/1 B 1 && lio_map 1/0 A 1 || return
	head_use 1/1 2 && B=$HEAD && head_use 1/0 2 && A=$HEAD && paired && right_place 40
}

lab_begin 7 fio mod:scsi_multipath
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "two disks" up
check "each over the two paths with its identity" paired
check "data is in the right place without port 1" without 1
check "and without port 2" without 2
check "and with one path of each LUN offline, crosswise" crosswise
check "with both busy, paths die, are deleted and scanned" under_io
check "found in another order, they are paired the same" other_order
ktap_finished

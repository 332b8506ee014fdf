#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A path whose packets just vanish: the transport notices by its own timers, blocks the device, and
# ends what was under way. The workload stalls once, for that long, and sees no error; new I/O does
# not wait for the dead path; a healed path is used again.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

ROUNDS=$(count_for 1 20)
REPLACEMENT=5		# seconds that a session may be away
MAX_STALL_MS=14000	# NOP 2 + 2 s, REPLACEMENT, and slack

both_usable() { path_usable 1 && path_usable 2; }

# While the transport makes up its mind the device is blocked: new I/O has to go elsewhere at once.
silent()
{
	path_cut "$1"
	wait_for 20 not path_device_is "$1" running || return
	each_within 3000 mpath_io read "$HEAD" off=$((32 << 20)) count=10 &&
		io_advances "$HEAD" 50 30
}

heals()
{
	path_restore "$1"
	wait_for 40 both_usable && path_carries "$1"
}

rounds()
{
	local i

	for ((i = 0; i < ROUNDS; i++)); do
		silent 1 && heals 1 && silent 2 && heals 2 || return
	done
}

# Orderly logout and login: the device goes away and comes back as another one.
relogin()
{
	timeout 60 iscsiadm -m node -p "127.0.0.1:$(iscsi_tcp_port 2)" -u && io_advances "$HEAD" &&
		timeout 60 iscsiadm -m node -p "127.0.0.1:$(iscsi_tcp_port 2)" -l &&
		wait_for 30 head_ready 2 2 &&
		path_carries 2
}

# The target stops listening, and starts again
target_stops()
{
	echo 0 > "$(iscsi_port_dir 1)/enable" && wait_for 20 not path_device_is 1 running &&
		io_advances "$HEAD" 50 30 &&
		echo 1 > "$(iscsi_port_dir 1)/enable" && heals_by_itself 1
}

heals_by_itself() { wait_for 40 both_usable && path_carries "$1"; }

short_stall()
{
	local ms

	ms=$(fio_stall steady)
	echo "longest stall $ms ms"
	[ "$ms" -le $MAX_STALL_MS ]
}

lab_begin 6 fio nft iscsid iscsiadm mod:scsi_multipath
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "one disk over two iSCSI portals" lab_up_iscsi replacement=$REPLACEMENT store=fileio
head_set iopolicy round-robin
fio_start steady "$HEAD" --size=16m

check "portals fall silent and heal, $ROUNDS times each" rounds
check "logout and login of a portal" relogin
check "the target stops and starts a portal" target_stops
check "the workload saw no error and no wrong byte" fio_stop steady
if lab_is_debug; then
	ktap_test_skip \
		"the longest stall is what the transport's timers say: not on a kernel this slow"
else
	check "the longest stall is what the transport's timers say" short_stall
fi
ktap_finished

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A unit attention is told to one command only. What a query for access states collects, the path
# of a multipath disk hears of: where the logical units may have changed, it reads the identity
# again before any I/O.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

BOUND=20
TRACE=/sys/kernel/tracing

up()
{
	mpath_load always=1 && lab_up_alua hosts=2 && head_use 1 2 &&
		wait_for $BOUND path_is 1 optimized && wait_for $BOUND path_is 2 optimized
}

# The identity of path 1 has been read since the trace was emptied.
identity_read() { find_hctl 1 && grep -q "host_no=${REPLY%%:*} .*raw=12 01 83 " $TRACE/trace; }

collected() { [ -z "$(< "$NODE/unit_attention")" ]; }

# told ASC ASCQ: the SCSI command that follows hears of states, the query after it of this
told()
{
	echo > $TRACE/trace
	sdebug_attention 1 2a 6 && sdebug_attention 1 "$1" "$2" && path_poke 1 || return
	wait_for $BOUND collected
}

after() { told "$@" && wait_for $BOUND identity_read && wait_for $BOUND path_is 1 optimized; }

# Other attentions are no reason to doubt a path.
not_after() { told "$@" && not within 3 identity_read && path_is 1 optimized; }

lab_begin 5 sg_turs mod:scsi_multipath mod:scsi_debug
if mpath_is_builtin; then lab_skip "scsi_multipath is built in and off"; fi
is_fatal "a head over two paths" up
NODE=/sys/kernel/debug/scsi_debug/$(hctl 1)
echo 1 > $TRACE/events/scsi/scsi_dispatch_cmd_start/enable
udevadm settle
udevadm control --stop-exec-queue
check "the logical units of the target have changed" after 3f e
check "a reset" after 29 2
check "another identifier" after 3f 5
check "a threshold that was reached is not such a reason" not_after 38 7
udevadm control --start-exec-queue
ktap_finished

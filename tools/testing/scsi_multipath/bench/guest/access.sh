#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# From the unit attention "asymmetric access state changed" to the stored state, by the tracepoints of
# the SCSI core, for BENCH_CHANGES changes: with nothing else to do, and under I/O on all CPUs.

. "$(dirname "$0")/common.sh"

TRACE=/sys/kernel/tracing

# delays NAME: one figure for each attention that has brought a new state
delays()
{
	awk -v name="$1" '
		match($0, / [0-9]+\.[0-9]+: scsi_alua_(sense|state): [0-9:]+ /) {
			split(substr($0, RSTART + 1, RLENGTH - 2), part, /: /)
			if (/class=changed/)
				since[part[3]] = part[1]
			else if (part[3] in since) {
				printf "@bench %s %.3f\n", name, (part[1] - since[part[3]]) * 1000
				delete since[part[3]]
			}
		}' $TRACE/trace
}

# changes NAME: the state goes to and fro
changes()
{
	local i state

	echo > $TRACE/trace
	for ((i = 0; i < BENCH_CHANGES; i++)); do
		state=$((i % 2))
		must sdebug_alua 1 state=$((1 - state))
		must sdebug_attention 1 2a 6
		path_poke 1
		must wait_for 20 access_is 1 "${NAMES[1 - state]}"
	done
	delays "$1"
}

NAMES=(active/optimized active/non-optimized)
lab_init
echo mono > $TRACE/trace_clock
must lab_up_alua hosts=2
must wait_for 20 access_is 1 active/optimized
must wait_for 20 access_is 2 active/optimized
quiet_guest
echo 1 > $TRACE/events/scsi_alua/enable
changes access.idle
must fio_start load "/dev/$(path_disk 2)" --size=8m
must io_advances "/dev/$(path_disk 2)" 100
changes access.load
must fio_stop load

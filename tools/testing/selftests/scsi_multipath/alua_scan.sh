#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A scan of many devices does not wait for their access states, and no device costs more than two
# commands. Targets that do not answer at all hold up neither the scan nor the removal of the
# host and the driver, but for the time limit of the commands that are under way.
#
# CONFIG: base debug
# TIMEOUT: 300

. "$(dirname "$0")/lib.sh"

HOSTS=4
STATES=([1]=active/optimized [2]=active/non-optimized [3]=standby [4]=active/optimized)
# 20 s for the commands, what error handling takes after that, and the removal of the disks
REMOVAL_SECS=120

# each_device COMMAND [ARG...]: with the path as last argument
each_device()
{
	local p l

	for ((p = 1; p <= HOSTS; p++)); do
		for ((l = 0; l < LUNS; l++)); do
			"$@" $p/$l || { echo "path $p/$l"; return 1; }
		done
	done
}

up()
{
	lab_up_alua hosts=$HOSTS max_luns=1 alua_states=0,1,2,0 || return
	alua_trace
	# The new LUNs are found by the scans below, which are this shell's.
	sdebug_set max_luns "$LUNS"
}

scan_all()
{
	local p

	for ((p = 1; p <= HOSTS; p++)); do
		path_scan $p || return
	done
}

timed_scan()
{
	local start

	BEGIN=$SECONDS
	start=$(now_ms)
	scan_all || return
	SCAN_MS=$(($(now_ms) - start))
	each_device path_there
}

# The process that scans, and holds scan_mutex, sends none.
scan_sends_none()
{
	grep -q scsi_alua_rtpg_send: $LAB_TRACING/trace &&
		! grep -E -- "-$$ +\[.* scsi_alua_rtpg_send:" $LAB_TRACING/trace
}

known() { access_is "$1" "${STATES[${1%/*}]}"; }
all_known() { wait_for 60 each_device known; }

# A path in standby refuses what sd sends, for which it is asked once a second.
few()
{
	local n most=2

	if [ "${STATES[${1%/*}]}" = standby ]; then most=$((most + SECONDS - BEGIN)); fi
	n=$(path_alua "$1" rtpgs) && [ "$n" -ge 1 ] && [ "$n" -le $most ] ||
		{ echo "$n RTPGs, at most $most expected"; return 1; }
}

hang() { sdebug_rtpg "$1" hang=1; }

delete() { find_path_dir "$1" && echo 1 > "$REPLY/delete"; }

# The settings of a nexus outlive its device.
all_silent()
{
	each_device hang && each_device delete
}

# Twice the time of the scan that was answered, and two seconds for the noise
scan_goes_on()
{
	local before=$SCAN_MS

	timed_scan || return
	note "scan of $((HOSTS * LUNS)) devices: $before ms, of silent ones $SCAN_MS ms"
	not known 1/0 &&
	[ "$SCAN_MS" -le $((2 * before + 2000)) ]
}

removal_ends()
{
	alua_is_asked && takes_at_most $((REMOVAL_SECS * LAB_SLOW)) sdebug_set add_host -1 &&
		takes_at_most $((REMOVAL_SECS * LAB_SLOW)) unload
}

unload() { sdebug_down; ! module_loaded scsi_debug; }

lab_begin 8 mod:scsi_debug
if mpath_is_builtin; then lab_skip "scsi_multipath is built in: the disks would be paths"; fi
LUNS=$(count_for 32 256)
if lab_is_debug; then LUNS=$(count_for 8 32); fi
udevadm control --stop-exec-queue
is_fatal "$HOSTS hosts" up
is_fatal "$((HOSTS * LUNS)) devices are found" timed_scan
check "the scan sends no query itself" scan_sends_none
check "the states of all are known afterwards" all_known
check "by one or two commands each" each_device few
is_fatal "a target that does not answer" all_silent
check "a scan of devices that do not answer takes no longer" scan_goes_on
check "host and driver go away within $REMOVAL_SECS s" removal_ends
ktap_finished

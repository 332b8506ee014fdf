#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Devices and hosts are removed, rescanned, given to and taken from a device handler, and the driver
# unloaded, while their access states are being read, while they are in a transition, and while the
# target does not answer at all. A cycle is one device in one of these situations.
#
# CONFIG: base debug
# TIMEOUT: 400
# ALONE: yes

. "$(dirname "$0")/lib.sh"

HOSTS=2
LUNS=2
BOUND=60
LATE_MS=2000		# long enough for the race to begin before the answer comes
# What a device may wait for: 20 s for a command, and error handling
HUNG_SECS=120

each_device()
{
	local p l

	for ((p = 1; p <= HOSTS; p++)); do
		for ((l = 0; l < LUNS; l++)); do
			"$@" $p/$l || { echo "$*: path $p/$l"; return 1; }
		done
	done
}

there() { wait_for $BOUND path_there "$1"; }
optimized() { wait_for $BOUND access_is "$1" active/optimized; }
load() { lab_up_alua hosts=$HOSTS max_luns=$LUNS && each_device there; }
sysfs() { find_path_dir "$1" && { echo "$3" > "$REPLY/$2"; } 2> /dev/null; }
ask() { sysfs "$1" rescan 1; }

# Situations
late() { sdebug_rtpg "$1" delay_ms=$((LATE_MS * LAB_SLOW)) && { ask "$1" & }; }
silent() { sdebug_rtpg "$1" hang=1 && { ask "$1" & }; }

in_transition()
{
	sdebug_alua "$1" transition_ms=60000 state=1 && sdebug_attention "$1" 2a 6 && { ask "$1" & }
}

delete() { sysfs "$1" delete 1 & }

race_delete()
{
	each_device delete
	wait_all && scan_all && each_device there
}

race_host()
{
	takes_at_most $((HUNG_SECS * LAB_SLOW)) sdebug_set add_host -$HOSTS &&
		sdebug_set add_host $HOSTS && each_device there
}

rescan_twice() { { ask "$1"; ask "$1"; } & }

race_rescan()
{
	each_device rescan_twice
	wait_all
}

attach() { dh_attach "$1" & }

# A handler is attached by hand, as its module comes after the devices, and goes with the device.
race_handler()
{
	modprobe scsi_dh_alua && each_device attach
	each_device delete
	wait_all && wait_for 20 module_unload scsi_dh_alua 2> /dev/null
	scan_all && each_device there
}

race_unload()
{
	sdebug_down
	! module_loaded scsi_debug && load
}

no_jobs() { [ -z "$(jobs -rp)" ]; }
wait_all() { wait_for $HUNG_SECS no_jobs; }

scan_all()
{
	local p

	for ((p = 1; p <= HOSTS; p++)); do
		path_scan $p || return
	done
}

answer()
{
	sdebug_rtpg "$1" hang=0 delay_ms=0 && sdebug_alua "$1" transition_ms=0 state=0 &&
		sdebug_attention "$1" 2a 6 && path_poke "$1"
}

is_in_late() { alua_is_asked; }
is_in_silent() { alua_is_asked; }
is_in_in_transition() { access_is 1/0 transitioning; }

# round SITUATION RACE: afterwards each device is there and its state is known.
round()
{
	alua_trace
	each_device "$1" && wait_for $BOUND "is_in_$1" && "race_$2" && wait_all &&
		each_device answer && each_device optimized
}

rounds()
{
	local situation=$1 race=$2

	all "$N" round "$situation" "$race"
}

lab_begin 16 sg_turs mod:scsi_debug mod:scsi_dh_alua
if mpath_is_builtin; then lab_skip "scsi_multipath is built in: the disks would be paths"; fi
if module_loaded scsi_dh_alua; then lab_skip "scsi_dh_alua is loaded, a scan attaches it"; fi
HOSTS=$(count_for $HOSTS 8)
LUNS=$(count_for $LUNS 4)
N=$(count_for 1 $((500 / (HOSTS * LUNS) + 1)))
udevadm control --stop-exec-queue
is_fatal "$HOSTS hosts of $LUNS devices" load
for race in delete host rescan handler unload; do
	check "$race while a query is under way" rounds late $race
	check "$race in a transition" rounds in_transition $race
	check "$race while the target is silent" rounds silent $race
done
ktap_finished

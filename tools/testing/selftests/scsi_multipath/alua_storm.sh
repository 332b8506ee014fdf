#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Access states change at random under I/O, by thousands. When it is quiet, each path shows the
# state of its group. No more REPORT TARGET PORT GROUPS are sent than there were reasons for.
#
# CONFIG: base debug
# TIMEOUT: 300

. "$(dirname "$0")/lib.sh"

BOUND=20
PACE=0.02		# seconds between two changes; I/O collects the attentions meanwhile
RATE=20			# I/Os per second and path
PATHS="1 2 3 4"		# 1 and 2 are in one group, 3 and 4 in another
NAMES=([0]=active/optimized [1]=active/non-optimized [2]=standby [3]=unavailable
	[4]=lba-dependent [14]=offline)
declare -A NODE RAISED RTPGS STATE

up()
{
	local p

	lab_up_alua hosts=4 alua_groups=256,256,257,257 || return
	for p in $PATHS; do
		NODE[$p]=/sys/kernel/debug/scsi_debug/$(hctl "$p")
		STATE[$p]=0
		wait_for $BOUND access_is "$p" active/optimized || return
	done
}

count_from_here()
{
	local p

	for p in $PATHS; do
		RAISED[$p]=0
		RTPGS[$p]=$(path_alua "$p" rtpgs)
		BEFORE[p]=$(path_alua "$p" transitions)
	done
	BEGIN=$SECONDS
}

# change PATH STATE MS: the target does so, and tells each path of the group
change()
{
	local first=$((($1 - 1) / 2 * 2 + 1)) p

	echo "transition_ms=$3 state=$2" > "${NODE[$1]}/alua" || return
	for p in $first $((first + 1)); do
		STATE[$p]=$2
		echo 2a 6 > "${NODE[$p]}/unit_attention" || return
		RAISED[$p]=$((RAISED[$p] + 1))
	done
}

# changes COUNT "STATE..." "MS..."
changes()
{
	local states i
	read -ra states <<< "$2"
	read -ra times <<< "$3"

	for ((i = 0; i < $1; i++)); do
		change $((RANDOM % 4 + 1)) "${states[RANDOM % ${#states[@]}]}" \
			"${times[RANDOM % ${#times[@]}]}" || return
		read -rt $PACE -u "$LAB_TICK"
	done
	:
}

collected() { path_poke "$1"; [ -z "$(< "${NODE[$1]}/unit_attention")" ]; }

# Each path has heard of everything, and shows what the target says.
settled()
{
	local p

	for p in $PATHS; do
		wait_for $BOUND collected "$p" &&
			wait_for $BOUND access_is "$p" "${NAMES[${STATE[$p]}]}" && continue
		echo "path $p: $(access "$p"), $(path_alua "$p" unknown_reason)"
		return 1
	done
}

# sent_at_most PATH N: RTPGs since count_from_here
sent_at_most()
{
	local sent=$(($(path_alua "$1" rtpgs) - RTPGS[$1]))

	note "path $1: ${RAISED[$1]} attentions raised, $sent RTPGs, at most $2"
	[ $sent -gt 0 ] && [ $sent -le "$2" ]
}

# States that serve I/O: there is nothing but attentions.
attentions_only()
{
	local p

	count_from_here
	for p in $PATHS; do
		fio_start "io$p" "/dev/$(path_disk "$p")" --offset=$((p * 3))m --size=1m \
			--rate_iops=$RATE
	done
	for p in $PATHS; do
		io_advances "$(path_disk "$p")" 10 || return
	done
	changes "$COUNT" "0 1 4" 0 || return
	for p in $PATHS; do
		fio_stop "io$p" || return
	done
	settled
}

one_for_each_attention()
{
	local p

	for p in $PATHS; do
		sent_at_most "$p" "${RAISED[$p]}" || return
	done
}

reader()
{
	exec fio --name=reader --filename="$1" --rw=randread --bs=4k --direct=1 --rate_iops=$RATE \
		--time_based --runtime=7200 --continue_on_error=all --output=/dev/null
}

all_states()
{
	local p

	count_from_here
	for p in $PATHS; do
		bg "reader$p" reader "/dev/$(path_disk "$p")"
	done
	for p in $PATHS; do
		io_advances "$(path_disk "$p")" 10 || return
	done
	changes "$COUNT" "${!NAMES[*]}" "0 0 0 100 300" || return
	for p in $PATHS; do
		kill "${BG_PID[reader$p]}"
		unset "BG_PID[reader$p]"
	done
	settled
}

# The sense data of refused I/O may tell a state before the attention does, and have it read once a
# second after that. A transition is looked at until it ends: 0.1, 0.2, 0.4, 0.8 s after its begin
# and then each second.
no_more_than_reasons()
{
	local p transitions

	for p in $PATHS; do
		transitions=$(($(path_alua "$p" transitions) - BEFORE[p]))
		sent_at_most "$p" $((2 * RAISED[$p] + 5 * transitions + SECONDS - BEGIN)) || return
	done
}

no_transition_left()
{
	local p

	for p in $PATHS; do
		change "$p" 0 0 && wait_for $BOUND collected "$p" &&
			wait_for $BOUND access_is "$p" active/optimized || return
	done
}

lab_begin 6 fio sg_turs mod:scsi_debug
if mpath_is_builtin; then lab_skip "scsi_multipath is built in: the disks would be paths"; fi
if module_loaded scsi_dh_alua; then lab_skip "scsi_dh_alua keeps I/O away from paths in standby"; fi
COUNT=$(count_for 100 10000)
if lab_is_debug; then COUNT=$(count_for 50 1000); fi
is_fatal "four paths in two groups" up
udevadm settle -t 60
udevadm control --stop-exec-queue	# it has an event for each attention
check "$COUNT changes among states that serve I/O, which is verified" attentions_only
check "no more commands than attentions" one_for_each_attention
check "$COUNT changes among all states, with transitions" all_states
check "no more commands than reasons" no_more_than_reasons
check "no path is left behind" no_transition_left
ktap_finished

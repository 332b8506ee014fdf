#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Functions for the guest tests of native SCSI multipath: targets that can be
# broken and mended at will, paths and heads as sysfs shows them, verified I/O
# in the background, waits that end.
#
# A test sources this file and looks like this:
#
#	. "$(dirname "$0")/lib.sh"
#	lab_begin 2 fio sg_turs			# plan, what it needs, cleanup trap
#	mpath_load				# scsi_multipath, before disks appear
#	lab_up paths=2				# a LUN behind two ports
#	path_cut 1
#	check "a read survives the cut" mpath_io read "$HEAD"
#	check "sysfs says so" wait_for 5 path_is 1 backoff
#	ktap_finished
#
# Words
#   port	a target port that the lab made, numbered from 1; every port is a
#		SCSI host of its own, as seen by this kernel
#   path	how a LUN is reached: P (port P, LUN 0), P/L (port P, LUN L), or
#		H:C:T:L as the kernel says it. Every path_* function takes these.
#   head	the multipath disk: HEAD is its device node, HEAD_DIR its device
#		below /sys/devices/virtual/scsi_mpath_device, after lab_up and friends
#
# Whatever a function makes, lab_down removes; lab_begin sets it as the trap.
# A function that fails leaves its reason in LAB_WHY.
#
# Environment
#   KTAP_HELPERS	kselftest's ktap_helpers.sh, where it is not ../kselftest/
#   SCSI_MPATH_SOAK	1: the long counts
#   SEED		of fio, whose order of blocks is another one each time without
#   LAB_KEEP		1: leave everything as it is at the end, to look at it

LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_CONFIGFS=/sys/kernel/config/target
LAB_HEADS=/sys/devices/virtual/scsi_mpath_device
LAB_NAA=naa.6001405000000		# + 3 hex digits: a port, or its initiator side
LAB_IQN=iqn.2026-11.lab:t0
LAB_SLOW=1			# how many times slower than others may this kernel be
LAB_WHY=
exec {LAB_TICK}<> <(:)			# never has anything to read

# ------------------------------------------------------------------------
# KTAP
# ------------------------------------------------------------------------

lab_find_ktap()
{
	local f

	for f in "${KTAP_HELPERS:-}" "$LAB_DIR/../kselftest/ktap_helpers.sh" \
		 "${KSRC:-}/tools/testing/selftests/kselftest/ktap_helpers.sh"; do
		[ -r "$f" ] && { echo "$f"; return 0; }
	done
	return 1
}

if ! LAB_KTAP=$(lab_find_ktap); then
	echo "1..0 # SKIP no kselftest/ktap_helpers.sh: set KTAP_HELPERS"
	exit 4
fi
# shellcheck source=/dev/null
. "$LAB_KTAP"

# note TEXT...: a line of explanation in the output
note()
{
	echo "# $*"
}

# check SENTENCE COMMAND [ARG...]: one result. The sentence says what holds when COMMAND returns 0.
# On failure the output of COMMAND, the paths and the end of the kernel log are shown.
# Differs from ktap_test_result in that arguments keep their spaces. Returns COMMAND's verdict.
check()
{
	local what=$1 rc
	shift

	"$@" > "$LAB_TMP/check.out" 2>&1
	rc=$?
	if [ $rc -eq 0 ]; then
		ktap_test_pass "$what"
		return 0
	fi
	ktap_test_fail "$what"
	note "\"$*\" returned $rc${LAB_WHY:+: $LAB_WHY}"
	tail -n 40 "$LAB_TMP/check.out" | sed 's/^/#   /'
	paths_show | sed 's/^/#   /'
	klog | tail -n 20 | sed 's/^/#   klog: /'
	return 1
}

# is_fatal SENTENCE COMMAND...: check, and end the test when it fails: nothing after it could hold.
is_fatal()
{
	check "$@" || {
		note "the rest of this test depends on it"
		ktap_print_totals
		exit "$KSFT_FAIL"
	}
}

# lab_skip REASON...: end the test as skipped
lab_skip()
{
	ktap_skip_all "$*"
	exit "$KSFT_SKIP"
}

# lab_begin PLAN [NEED...]: print the header, skip with all reasons unless every NEED is there,
# print the plan, make LAB_TMP, remove everything at exit.
# NEED: a command, mod:NAME (a module, loaded, built in or loadable) or /a/path.
lab_begin()
{
	local plan=$1 need missing=
	shift

	ktap_print_header
	[ "$(id -u)" = 0 ] || missing="root"
	for need in "$@"; do
		case $need in
		mod:*)	module_exists "${need#mod:}" || missing="$missing module ${need#mod:}," ;;
		/*)	[ -e "$need" ] || missing="$missing $need," ;;
		*)	command -v "$need" > /dev/null || missing="$missing command $need," ;;
		esac
	done
	[ -z "$missing" ] || lab_skip "missing:${missing%,}"
	ktap_set_plan "$plan"
	lab_init
}

# lab_init: what lab_begin does besides KTAP; for scripts that print something else (demo.sh)
lab_init()
{
	local where=/dev/shm

	[ -d $where ] && [ -w $where ] || where=${TMPDIR:-/tmp}
	LAB_TMP=$(mktemp -d "$where/scsi_multipath.XXXXXX")
	trap lab_down EXIT
	trap 'exit 130' INT TERM
	mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
	mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
	if lab_is_debug; then LAB_SLOW=8; fi
	dmesg -n 4 2> /dev/null		# the console is for the kernel's own alarms
	lab_helper
	klog_mark
}

# The C helper mpath_io: built by the Makefile, else here when there is a compiler.
lab_helper()
{
	local dir

	for dir in "${OUTPUT:-}" "$LAB_DIR"; do
		[ -x "$dir/mpath_io" ] && [ ! "$LAB_DIR/mpath_io.c" -nt "$dir/mpath_io" ] &&
			{ MPATH_IO=$dir/mpath_io; return 0; }
	done
	MPATH_IO=$LAB_TMP/mpath_io
	"${CC:-cc}" -O1 -o "$MPATH_IO" "$LAB_DIR/mpath_io.c" ||
		lab_skip "mpath_io is not built and no compiler is here"
}

# mpath_io OP DEVICE [KEY=VALUE...]: one operation and its errno; see mpath_io.c. Bounded by
# IO_LIMIT seconds (default 90), status 124 says that the operation hung.
mpath_io()
{
	timeout -k 5 "${IO_LIMIT:-90}" "$MPATH_IO" "$@"
}

# each_within MS COMMAND...: COMMAND is an mpath_io that must do each of its I/Os in so many ms
each_within()
{
	local want=$1 out
	shift

	out=$("$@") || { echo "$out"; return 1; }
	echo "$out"
	[[ $out =~ max_ms=([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -le "$want" ]
}

# fails_with ERRNO COMMAND...: COMMAND is an mpath_io that must end with exactly this errno
fails_with()
{
	local want=$1 out rc
	shift

	out=$("$@" 2>&1)
	rc=$?
	echo "$out"
	[ $rc -eq 1 ] && [[ $out == *" err=$want"* ]]
}

# not COMMAND...: the opposite, where a command is wanted
not()
{
	! "$@"
}

# all N COMMAND...: COMMAND holds N times in a row
all()
{
	local i n=$1
	shift

	for ((i = 0; i < n; i++)); do
		"$@" || return 1
	done
}

# count_for CI SOAK: how often to do a thing
count_for()
{
	if [ "${SCSI_MPATH_SOAK:-0}" = 1 ]; then echo "$2"; else echo "$1"; fi
}

# ------------------------------------------------------------------------
# Waiting
# ------------------------------------------------------------------------

# lab_is_debug: does this kernel carry checkers that make it many times slower
lab_is_debug()
{
	[ -e /sys/kernel/debug/kmemleak ]
}

# wait_for SECONDS COMMAND...: until COMMAND holds; fails after SECONDS (8 times as many on a
# debug kernel: for bounds that are the thing under test, use within). COMMAND runs at least once.
wait_for()
{
	local secs=$1
	shift

	secs=$((secs * LAB_SLOW))
	within "$secs" "$@" && return 0
	LAB_WHY="not within $secs s: $*"
	return 1
}

# within SECONDS COMMAND...: the same with exactly this bound
within()
{
	local end=$((SECONDS + $1))
	shift

	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		read -rt 0.1 -u "$LAB_TICK"	# sleeps without a process
	done
	return 0
}

# now_ms: milliseconds since the epoch
now_ms()
{
	date +%s%3N
}

# takes_at_most SECONDS COMMAND...: COMMAND holds and returns within SECONDS
takes_at_most()
{
	local secs=$1 start ms rc
	shift

	start=$(now_ms)
	"$@"
	rc=$?
	ms=$(($(now_ms) - start))
	echo "took $ms ms"
	[ $ms -le $((secs * 1000)) ] && return $rc
}

# ------------------------------------------------------------------------
# Modules and the kernel log
# ------------------------------------------------------------------------

module_loaded() { [ -d "/sys/module/$1" ]; }

# module_exists NAME: loaded, built in or loadable
module_exists()
{
	module_loaded "$1" || modprobe -qn "$1" 2> /dev/null
}

# module_unload NAME: without waiting for users
# module_is_builtin NAME
module_is_builtin() { module_loaded "$1" && [ ! -e "/sys/module/$1/refcnt" ]; }

module_unload()
{
	timeout 120 rmmod "$1"
}

# mpath_load [PARAM=VALUE...]: scsi_multipath, before the disks appear. Nothing to do if built in.
mpath_load()
{
	module_loaded scsi_multipath && return 0
	modprobe scsi_multipath "$@" || { LAB_WHY="scsi_multipath does not load"; return 1; }
}

mpath_unload()
{
	module_unload scsi_multipath
}

# mpath_is_builtin: the kernel has scsi_multipath without a module
mpath_is_builtin() { module_is_builtin scsi_multipath; }

# klog_mark: forget the kernel log up to here
klog_mark()
{
	LAB_KLOG_MARK="scsi_multipath test $$ mark $((++LAB_KLOG_MARKS))"
	echo "$LAB_KLOG_MARK" > /dev/kmsg
}

# klog: the kernel log since the last mark
klog()
{
	dmesg | awk -v mark="$LAB_KLOG_MARK" 'seen; index($0, mark) { seen = 1 }'
}

# klog_has ERE, klog_lacks ERE: since the last mark
klog_has()
{
	klog | grep -Eq -- "$1"
}

klog_lacks()
{
	! klog | grep -E -- "$1"
}

# klog_count ERE: how many lines
klog_count()
{
	klog | grep -Ec -- "$1"
}

# ------------------------------------------------------------------------
# Paths
# ------------------------------------------------------------------------

declare -A LAB_PORT_KIND=()		# port: loop, iscsi or sdebug

# Conditions are asked over and over, and where each fork takes a tenth of a second, as on a debug
# kernel without KVM, asking can cost more than what is waited for. So the functions find_* start no
# process: they leave their answer in REPLY. Those that print it are for the rest.

# find_line FILE: its first line
find_line()
{
	REPLY=
	{ read -r REPLY < "$1"; } 2> /dev/null || [ -n "$REPLY" ]
}

# find_hctl PATH: H:C:T:L of a path. Fails while an iSCSI session is not there.
find_hctl()
{
	local port=${1%%/*} lun=0

	case $1 in
	*:*:*:*) REPLY=$1; return 0 ;;
	*/*)	 lun=${1#*/} ;;
	esac
	case ${LAB_PORT_KIND[$port]:-} in
	loop)
		lio_find_port_dir "$port" && find_line "$REPLY/address" || return 1 ;;
	iscsi)
		iscsi_find_address "$port" || return 1 ;;
	sdebug)
		sdebug_find_address "$port" || return 1 ;;
	*)
		LAB_WHY="no port $port"; return 1 ;;
	esac
	REPLY=$REPLY:$lun
}

hctl() { find_hctl "$1" && echo "$REPLY"; }

# path_dir PATH: the scsi_device in sysfs
find_path_dir() { find_hctl "$1" && REPLY=/sys/class/scsi_device/$REPLY/device; }
path_dir() { find_path_dir "$1" && echo "$REPLY"; }

# path_there PATH: does the kernel know the device
path_there()
{
	find_path_dir "$1" && [ -d "$REPLY" ]
}

# path_gone PATH: the device is not there, and its disk neither
path_gone()
{
	! path_there "$1"
}

# path_disk PATH: name of its disk below /sys/block, sdX or sdX:Y
find_path_disk()
{
	local disk

	find_path_dir "$1" || return 1
	for disk in "$REPLY"/block/*; do
		[ -d "$disk" ] && { REPLY=${disk##*/}; return 0; }
	done
	return 1
}

path_disk() { find_path_disk "$1" && echo "$REPLY"; }
path_has_disk() { find_path_disk "$1"; }

# path_hidden PATH: is it a path of a head, without a node of its own
path_hidden()
{
	find_path_disk "$1" && find_line "/sys/block/$REPLY/hidden" && [ "$REPLY" = 1 ]
}

# path_ordinary PATH: is its disk an ordinary one, with a node
path_ordinary()
{
	local disk

	find_path_disk "$1" && disk=$REPLY && find_line "/sys/block/$disk/hidden" &&
		[ "$REPLY" = 0 ] && [ -b "/dev/$disk" ]
}

# path_attr PATH NAME: the text of an attribute of the group mpath/, or nothing
find_path_attr() { find_path_dir "$1" && find_line "$REPLY/mpath/$2"; }
path_attr() { find_path_attr "$1" "$2" && echo "$REPLY"; }

# path_stat PATH NAME: a number of its statistics: read_ios, write_ios, errors (moved to another
# path), passed_up (went to the submitter), inflight, ...
path_stat()
{
	local number

	find_path_attr "$1" stats || return 1
	for number in $REPLY; do
		[ "${number%%=*}" = "$2" ] && { echo "${number#*=}"; return 0; }
	done
	return 1
}

# path_is PATH WORD...: is path_state one of these words
path_is()
{
	local path=$1 word
	shift

	find_path_attr "$path" path_state || REPLY=
	for word in "$@"; do
		[ "$REPLY" = "$word" ] && return 0
	done
	echo "path $path is $REPLY, not $*"
	return 1
}

# path_usable PATH: would I/O be sent down this path
path_usable()
{
	path_is "$1" optimized non-optimized lba-dependent symmetric unknown > /dev/null
}

# access PATH: its access state, "unknown" if that cannot be read
find_access()
{
	find_path_dir "$1" && find_line "$REPLY/access_state" && return
	REPLY=unknown
}

access() { find_access "$1" && echo "$REPLY"; }

# access_is PATH STATE
access_is() { find_access "$1" && [ "$REPLY" = "$2" ]; }

# path_alua PATH NAME: an attribute below alua/
find_path_alua() { find_path_dir "$1" && find_line "$REPLY/alua/$2"; }
path_alua() { find_path_alua "$1" "$2" && echo "$REPLY"; }

# path_commands PATH, path_errors PATH: commands of any kind that the device has been sent so far,
# and those that did not end well
path_commands() { find_path_dir "$1" && find_line "$REPLY/iorequest_cnt" && echo $((REPLY)); }
path_errors() { find_path_dir "$1" && find_line "$REPLY/ioerr_cnt" && echo $((REPLY)); }

# path_ios PATH: reads and writes that its disk has completed so far
path_ios() { find_path_disk "$1" && disk_ios "$REPLY"; }

# disk_ios NAME: completed reads, writes, discards and flushes of a disk
find_disk_ios()
{
	local n

	find_line "/sys/block/$1/stat" || return 1
	read -r -a n <<< "$REPLY"
	REPLY=$((n[0] + n[4] + n[11] + n[15]))
}

disk_ios() { find_disk_ios "$1" && echo "$REPLY"; }

# ios_exceed DISK N: for wait_for
ios_exceed()
{
	find_disk_ios "$1" && [ "$REPLY" -gt "$2" ]
}

# io_advances NODE [N [SECONDS]]: another N (50) I/Os complete within SECONDS (20)
io_advances()
{
	local disk=${1#/dev/}

	wait_for "${3:-20}" ios_exceed "$disk" $(($(disk_ios "$disk") + ${2:-50}))
}

# path_carries PATH: do I/Os complete on it now; there must be a workload
path_carries()
{
	local disk

	disk=$(path_disk "$1") && io_advances "$disk" 10
}

# path_idle PATH COMMAND...: COMMAND holds, and meanwhile no read or write went down the path
path_idle()
{
	local path=$1 before
	shift

	before=$(path_ios "$path") || return 1
	"$@" || return 1
	[ "$(path_ios "$path")" -eq "$before" ] || {
		echo "path $path: $(($(path_ios "$path") - before)) I/Os"
		return 1
	}
}

# path_sg PATH: its SCSI generic node. The disk of a path has none of its own.
path_sg()
{
	local sg

	for sg in "$(path_dir "$1")"/scsi_generic/*; do
		[ -d "$sg" ] && { echo "/dev/${sg##*/}"; return 0; }
	done
	return 1
}

# path_poke PATH: one TEST UNIT READY down the path, so that a pending unit attention is collected.
# Its own result does not matter.
path_poke()
{
	timeout 60 sg_turs "$(path_sg "$1")" > /dev/null 2>&1
	:
}

# path_device_is PATH STATE: is that the state of its SCSI device
path_device_is() { find_path_dir "$1" && find_line "$REPLY/state" && [ "$REPLY" = "$2" ]; }

# path_set PATH offline|running: the state of the device as an administrator sets it
path_set()
{
	echo "$2" > "$(path_dir "$1")/state"
}

# path_cut PATH: every command on this path fails from now on, as with a pulled cable.
# On iSCSI nothing comes back at all; on scsi_debug commands end with DID_TRANSPORT_DISRUPTED.
path_cut()
{
	local port=${1%%/*}

	case ${LAB_PORT_KIND[$port]} in
	loop)	echo offline > "$(lio_port_dir "$port")/transport_status" ;;
	iscsi)	iscsi_drop "$port" ;;
	sdebug)	sdebug_fail "$1" 0xff -1000000 0xe 0 0 0 0 ;;
	esac
}

# path_restore PATH: undo path_cut
path_restore()
{
	local port=${1%%/*}

	case ${LAB_PORT_KIND[$port]} in
	loop)	echo online > "$(lio_port_dir "$port")/transport_status" ;;
	iscsi)	iscsi_heal "$port" ;;
	sdebug)	sdebug_clear "$1" 0xff ;;
	esac
}

# path_delete PATH: remove the device from this kernel; the target keeps the LUN
path_delete()
{
	local dir

	dir=$(path_dir "$1") && timeout 180 tee "$dir/delete" <<< 1 > /dev/null
}

# path_scan PATH: scan its host
path_scan()
{
	local addr

	addr=$(hctl "$1") && echo "- - -" > "/sys/class/scsi_host/host${addr%%:*}/scan"
}

# path_rescan PATH: find it again, and wait until its disk is there
path_rescan()
{
	path_scan "$1" && wait_for 20 path_has_disk "$1"
}

# paths_show: one line for each path, for people
paths_show()
{
	local dir addr

	for dir in /sys/class/scsi_device/*/device; do
		[ -d "$dir/block" ] || continue
		addr=${dir%/device}
		addr=${addr##*/}
		printf '%-9s %-7s %-9s head=%s path_state=%s access_state=%s last_error=%s\n' \
			"$addr" "$(path_disk "$addr")" "$(cat "$dir/state")" \
			"$(path_attr "$addr" head)" "$(path_attr "$addr" path_state)" \
			"$(cat "$dir/access_state" 2> /dev/null)" "$(path_attr "$addr" last_error)"
	done
}

# ------------------------------------------------------------------------
# Heads
# ------------------------------------------------------------------------

# head_dir PATH: the head's device in sysfs
find_head_dir()
{
	local dir addr

	find_hctl "$1" || return 1
	addr=$REPLY
	for dir in "$LAB_HEADS"/*/; do
		[ -e "$dir$addr" ] && { REPLY=${dir%/}; return 0; }
	done
	return 1
}

head_dir() { find_head_dir "$1" && echo "$REPLY"; }

# head_of PATH: the head's device node
find_head()
{
	local disk

	find_head_dir "$1" || return 1
	for disk in "$REPLY"/sd*; do
		[ -b "/dev/${disk##*/}" ] && { REPLY=/dev/${disk##*/}; return 0; }
	done
	return 1
}

head_of() { find_head "$1" && echo "$REPLY"; }
head_exists() { find_head "$1"; }

# head_paths PATH: H:C:T:L of all paths of the same head; find_head_paths leaves them in LAB_PATHS
find_head_paths()
{
	find_head_dir "$1" || return 1
	LAB_PATHS=("$REPLY"/multipath/*:*:*:*)
	[ -e "${LAB_PATHS[0]}" ] || LAB_PATHS=()
	LAB_PATHS=("${LAB_PATHS[@]##*/}")
}

head_paths() { find_head_paths "$1" && printf '%s\n' "${LAB_PATHS[@]}"; }

# head_ready PATH N: the head is there, reads its capacity, and has N paths
head_ready()
{
	find_head "$1" && find_line "/sys/block/${REPLY#/dev/}/size" && [ "$REPLY" -gt 0 ] &&
		find_head_paths "$1" && [ ${#LAB_PATHS[@]} -eq "$2" ]
}

# head_use PATH N: wait for the head of PATH with N paths, set HEAD and HEAD_DIR
head_use()
{
	wait_for 20 head_ready "$1" "$2" ||
		{ LAB_WHY="no head with $2 paths for path $1"; return 1; }
	HEAD=$(head_of "$1")
	HEAD_DIR=$(head_dir "$1")
}

# head_set NAME VALUE, head_get NAME: an attribute of the head in HEAD_DIR
head_set()
{
	echo "$2" > "$HEAD_DIR/$1"
}

head_get()
{
	cat "$HEAD_DIR/$1"
}

# head_gone: the head in HEAD_DIR is not there any more
head_gone()
{
	[ ! -d "$HEAD_DIR" ]
}

# heads_count: how many heads there are
find_heads_count()
{
	local dir

	REPLY=0
	for dir in "$LAB_HEADS"/*/; do
		if [ -e "$dir/wwid" ]; then REPLY=$((REPLY + 1)); fi
	done
}

heads_count() { find_heads_count; echo "$REPLY"; }
no_heads() { find_heads_count; [ "$REPLY" -eq 0 ]; }

# ------------------------------------------------------------------------
# LIO
# ------------------------------------------------------------------------

declare -A LIO_DISK=()			# disk name: its directory in configfs
declare -A LIO_FILE=()			# disk name: its backing file, fileio only

# key_value LIST...: sets the variables named in LIST, each of which the caller has declared local
key_value()
{
	local kv

	for kv in "$@"; do
		[[ $kv == *=* ]] || { LAB_WHY="not KEY=VALUE: $kv"; return 1; }
		printf -v "${kv%%=*}" '%s' "${kv#*=}"
	done
}

# lio_disk NAME [size_mb=64] [store=rd_mcp|fileio] [serial=HEX] [groups=4] [block_size=512]: a LUN
# to map. fileio is a file in memory, with a volatile cache, FUA, UNMAP and WRITE SAME. Only the hex
# digits of the serial reach the identity, so it must be all hex, and different for every disk.
# Groups 1..N are ALUA target port groups, implicit, all optimized.
lio_disk()
{
	local name=$1 size_mb=64 store=rd_mcp serial='' groups=4 block_size=512 dir g
	shift
	key_value "$@" || return 1

	[ -n "$serial" ] ||
		serial=$(printf 'c0ffee%s' "$(printf '%s' "$name" | od -An -tx1 | tr -d ' \n')")
	dir=$LAB_CONFIGFS/core/${store}_0/$name
	mkdir -p "$dir" || { LAB_WHY="no $store backstore"; return 1; }
	LIO_DISK[$name]=$dir
	if [ "$store" = fileio ]; then
		LIO_FILE[$name]=$LAB_TMP/$name.img
		truncate -s "${size_mb}M" "${LIO_FILE[$name]}"
		printf 'fd_dev_name=%s,fd_dev_size=%s,fd_buffered_io=1\n' \
			"${LIO_FILE[$name]}" $((size_mb << 20)) > "$dir/control"
	else
		echo "rd_pages=$((size_mb << 8))" > "$dir/control"
	fi
	echo 1 > "$dir/enable" || { LAB_WHY="cannot enable $dir"; return 1; }
	echo "$block_size" > "$dir/attrib/block_size"
	if [ "$store" = fileio ]; then
		echo 1 > "$dir/attrib/emulate_tpu"
		echo 1 > "$dir/attrib/emulate_tpws"
		echo 1 > "$dir/attrib/unmap_zeroes_data"
	fi
	echo "$serial" > "$dir/wwn/vpd_unit_serial"
	for ((g = 1; g <= groups; g++)); do
		mkdir "$dir/alua/g$g"
		echo $g > "$dir/alua/g$g/tg_pt_gp_id"
		echo 1 > "$dir/alua/g$g/alua_access_type"
	done
}

lio_find_port_dir()
{
	printf -v REPLY '%s/loopback/%s%03x/tpgt_1' "$LAB_CONFIGFS" "$LAB_NAA" "$1"
}

lio_port_dir() { lio_find_port_dir "$1"; echo "$REPLY"; }

# lio_port P [fabric_prot_type=0]: a target port on a SCSI host of its own (tcm_loop), without LUNs
lio_port()
{
	local fabric_prot_type=0 dir

	dir=$(lio_port_dir "$1")
	key_value "${@:2}" || return 1
	mkdir -p "$dir" || { LAB_WHY="no tcm_loop"; return 1; }
	echo "$fabric_prot_type" > "$dir/attrib/fabric_prot_type"
	LAB_PORT_KIND[$1]=loop
	# tcm_loop gives no relative target port identifiers; without, all ports look like one.
	echo "$1" > "$dir/rtpi"
	echo "$LAB_NAA$(printf %03x $(($1 + 256)))" > "$dir/nexus"
}

# lio_map PATH DISK [GROUP]: DISK appears behind PATH (P or P/L), in ALUA group GROUP (default P).
# The kernel scans it at once.
lio_map()
{
	local port=${1%%/*} lun=0 dir

	if [[ $1 == */* ]]; then lun=${1#*/}; fi
	dir=$(lio_port_dir "$port")/lun/lun_$lun
	mkdir -p "$dir"
	ln -s "${LIO_DISK[$2]}" "$dir/$2" || { LAB_WHY="cannot map $2"; return 1; }
	echo "g${3:-$port}" > "$dir/alua_tg_pt_gp"
}

# lio_unmap PATH: the LUN goes away from this port, and the device from this kernel
lio_unmap()
{
	local port=${1%%/*} lun=0 dir link

	if [[ $1 == */* ]]; then lun=${1#*/}; fi
	dir=$(lio_port_dir "$port")/lun/lun_$lun
	# tcm_loop counts its LUNs by the devices that it removes here: one that is gone stays
	# counted.
	path_there "$port/$lun" || { path_scan "$port/$lun" && wait_for 5 path_there "$port/$lun"; }
	for link in "$dir"/*; do
		if [ -L "$link" ]; then timeout 180 rm "$link" || return 1; fi
	done
	rmdir "$dir"
}

# lab_up [paths=2] [wait=1] [KEY=VALUE of lio_disk...]: disk d0 behind ports 1..paths, each port in
# the group of its number. With scsi_multipath there (wait=1), waits for the head: HEAD, HEAD_DIR;
# without, for the ordinary disks.
lab_up()
{
	local paths=2 wait=1 kv p disk=()

	for kv in "$@"; do
		case $kv in
		paths=*) paths=${kv#*=} ;;
		wait=*)	 wait=${kv#*=} ;;
		*)	 disk+=("$kv") ;;
		esac
	done
	lio_disk d0 groups="$paths" "${disk[@]}" || return 1
	for ((p = 1; p <= paths; p++)); do
		lio_port $p && lio_map $p d0 || return 1
	done
	lab_wait "$paths" "$wait"
}

# The devices of ports 1..N are there; so is the head when wanted and possible
lab_wait()
{
	local p

	for ((p = 1; p <= $1; p++)); do
		wait_for 20 path_has_disk $p || { LAB_WHY="no disk behind port $p"; return 1; }
	done
	[ "$2" = 1 ] && module_loaded scsi_multipath || return 0
	head_use 1 "$1"
}

# alua_set GROUP STATE [DISK]: a port group's state at the target. The kernel hears of it with the
# next command on each path of the group (path_poke).
alua_set()
{
	local code

	case $2 in
	optimized)	code=0 ;;
	non-optimized)	code=1 ;;
	standby)	code=2 ;;
	unavailable)	code=3 ;;
	lba-dependent)	code=4 ;;
	offline)	code=14 ;;
	transitioning)	code=15 ;;
	*)		LAB_WHY="no ALUA state $2"; return 1 ;;
	esac
	echo $code > "${LIO_DISK[${3:-d0}]}/alua/g$1/alua_access_state"
}

# alua_attr GROUP NAME VALUE [DISK]: for example trans_delay_msecs, implicit_trans_secs
alua_attr()
{
	echo "$3" > "${LIO_DISK[${4:-d0}]}/alua/g$1/$2"
}

lio_port_down()
{
	local dir lun

	dir=$(lio_port_dir "$1")
	[ -d "$dir" ] || return 0
	echo online > "$dir/transport_status"
	for lun in "$dir"/lun/lun_*; do
		if [ -d "$lun" ]; then lio_unmap "$1/${lun##*_}"; fi
	done
	echo NULL > "$dir/nexus"
	rmdir "$dir" "${dir%/*}"
}

lio_disk_down()
{
	local dir=${LIO_DISK[$1]} group

	for group in "$dir"/alua/*; do
		if [ "${group##*/}" != default_tg_pt_gp ]; then rmdir "$group"; fi
	done
	rmdir "$dir"
	rmdir --ignore-fail-on-non-empty "${dir%/*}"
	if [ -n "${LIO_FILE[$1]:-}" ]; then rm -f "${LIO_FILE[$1]}"; fi
	unset "LIO_DISK[$1]" "LIO_FILE[$1]"
}

# ------------------------------------------------------------------------
# iSCSI over loopback: the same disk, real timeouts, real sessions
# ------------------------------------------------------------------------

iscsi_port_dir() { echo "$LAB_CONFIGFS/iscsi/$LAB_IQN/tpgt_$1"; }
iscsi_tcp_port() { echo $((3259 + $1)); }

# H:C:T of the session to portal P, also while it has no device
iscsi_find_address()
{
	local session host

	for session in /sys/class/iscsi_session/session*; do
		find_line "$session/tpgt"
		[ "$REPLY" = "$1" ] || continue
		for host in /sys/class/iscsi_host/host*; do
			[ -d "$host/device/${session##*/}" ] || continue
			find_line "$session/target_id" && REPLY=${host##*/host}:0:$REPLY
			return
		done
	done
	return 1
}

# lab_up_iscsi [paths=2] [replacement=5] [lun=0] [KEY=VALUE of lio_disk...]: disk d0 behind portals
# 1..paths on 127.0.0.1, with this LUN: other than 0, paths are P/L. A silent portal is noticed
# after 2 + 2 s (NOP) and given up after replacement s.
lab_up_iscsi()
{
	local paths=2 replacement=5 lun=0 kv p dir disk=()

	for kv in "$@"; do
		case $kv in
		paths=*)	paths=${kv#*=} ;;
		replacement=*)	replacement=${kv#*=} ;;
		lun=*)		lun=${kv#*=} ;;
		*)		disk+=("$kv") ;;
		esac
	done
	lio_disk d0 groups="$paths" "${disk[@]}" || return 1
	for ((p = 1; p <= paths; p++)); do
		dir=$(iscsi_port_dir $p)
		mkdir -p "$dir/lun/lun_$lun" || { LAB_WHY="no iSCSI target"; return 1; }
		ln -s "${LIO_DISK[d0]}" "$dir/lun/lun_$lun/d0"
		echo g$p > "$dir/lun/lun_$lun/alua_tg_pt_gp"
		mkdir "$dir/np/127.0.0.1:$(iscsi_tcp_port $p)"
		echo 0 > "$dir/attrib/authentication"
		echo 1 > "$dir/attrib/generate_node_acls"
		echo 1 > "$dir/attrib/cache_dynamic_acls"
		echo 0 > "$dir/attrib/demo_mode_write_protect"
		echo $p > "$dir/rtpi"
		echo 1 > "$dir/enable" || { LAB_WHY="portal $p does not start"; return 1; }
		LAB_PORT_KIND[$p]=iscsi
	done
	iscsi_initiator_up "$replacement" || return 1
	for ((p = 1; p <= paths; p++)); do
		wait_for 20 path_has_disk $p/$lun ||
			{ LAB_WHY="no disk behind portal $p"; return 1; }
	done
	module_loaded scsi_multipath || return 0
	head_use 1/$lun "$paths"
}

# A private /etc/iscsi, so that nothing of the machine's own configuration is touched
iscsi_initiator_up()
{
	local conf=$LAB_TMP/iscsid.conf

	grep -v '^iscsid.startup' /etc/iscsi/iscsid.conf > "$conf"
	{
		echo "node.session.timeo.replacement_timeout = $1"
		echo "node.conn[0].timeo.noop_out_interval = 2"
		echo "node.conn[0].timeo.noop_out_timeout = 2"
	} >> "$conf"
	mount -t tmpfs lab /etc/iscsi || { LAB_WHY="cannot cover /etc/iscsi"; return 1; }
	LAB_ISCSI_ETC=1
	cp "$conf" /etc/iscsi/iscsid.conf
	echo InitiatorName=iqn.2026-11.lab:i0 > /etc/iscsi/initiatorname.iscsi
	mkdir -p /run/lock/iscsi
	# At SIGTERM iscsid signals its process group: it must not be ours.
	setsid iscsid -f > "$LAB_TMP/iscsid.log" 2>&1 &
	LAB_ISCSID=$!
	wait_for 20 iscsiadm -m discovery -t st -p 127.0.0.1:3260 > /dev/null 2>&1 ||
		{ LAB_WHY="no answer of the iSCSI portal"; return 1; }
	iscsiadm -m node -l > "$LAB_TMP/iscsi-login.log" 2>&1 ||
		{ LAB_WHY="iSCSI login failed"; return 1; }
}

# iscsi_drop P, iscsi_heal: packets of this portal vanish, silently
iscsi_drop()
{
	local tcp

	tcp=$(iscsi_tcp_port "$1")
	nft add table ip lab && LAB_NFT=1 &&
		nft 'add chain ip lab out { type filter hook output priority 0; }' &&
		nft add rule ip lab out tcp dport "$tcp" drop &&
		nft add rule ip lab out tcp sport "$tcp" drop ||
		{ LAB_WHY="nft cannot drop packets"; return 1; }
}

iscsi_heal()
{
	nft flush table ip lab
}

iscsi_down()
{
	local dir p

	if [ -n "${LAB_NFT:-}" ]; then nft delete table ip lab; LAB_NFT=; fi
	if [ -n "${LAB_ISCSID:-}" ]; then
		timeout 120 iscsiadm -m node -u > /dev/null 2>&1
		timeout 20 iscsiadm -k 0 > /dev/null 2>&1
		kill "$LAB_ISCSID" 2> /dev/null
		wait "$LAB_ISCSID" 2> /dev/null
		LAB_ISCSID=
	fi
	for p in "${!LAB_PORT_KIND[@]}"; do
		[ "${LAB_PORT_KIND[$p]}" = iscsi ] || continue
		dir=$(iscsi_port_dir "$p")
		echo 0 > "$dir/enable"
		find "$dir"/lun/lun_* -maxdepth 1 -type l -delete
		rmdir "$dir"/lun/lun_* "$dir/np/127.0.0.1:$(iscsi_tcp_port "$p")" "$dir"
		unset "LAB_PORT_KIND[$p]"
	done
	if [ -d "$LAB_CONFIGFS/iscsi/$LAB_IQN" ]; then rmdir "$LAB_CONFIGFS/iscsi/$LAB_IQN"; fi
	if [ -n "${LAB_ISCSI_ETC:-}" ]; then umount /etc/iscsi; LAB_ISCSI_ETC=; fi
}

# ------------------------------------------------------------------------
# scsi_debug: one store behind N hosts, any error at will, any access state
# ------------------------------------------------------------------------

# lab_up_sdebug [hosts=2] [wait=1] [PARAM=VALUE of scsi_debug...]: port P is the P-th host. All
# hosts show the same LUN: a locally assigned NAA name, which only scsi_multipath.always=1 takes, or
# with uuid_ctl=2 a UUID. All are optimized: the driver derives the state from the number of the
# host, so hosts with other numbers are removed again.
lab_up_sdebug()
{
	local hosts=2 wait=1 kv p=1 param=()

	for kv in "$@"; do
		case $kv in
		hosts=*) hosts=${kv#*=} ;;
		wait=*)	 wait=${kv#*=} ;;
		*)	 param+=("$kv") ;;
		esac
	done
	if module_loaded scsi_debug; then LAB_WHY="scsi_debug is loaded already"; return 1; fi
	modprobe scsi_debug add_host=0 vpd_use_hostno=0 dev_size_mb=64 "${param[@]}" ||
		{ LAB_WHY="scsi_debug does not load"; return 1; }
	while [ $p -le "$hosts" ]; do
		sdebug_set add_host 1
		LAB_PORT_KIND[$p]=sdebug
		wait_for 20 path_has_disk $p ||
			{ LAB_WHY="no disk behind scsi_debug's host $p"; return 1; }
		sdebug_find_address $p
		if [ $((${REPLY%%:*} % 3)) -eq 0 ]; then
			p=$((p + 1))
		else
			sdebug_set add_host -1
		fi
	done
	lab_wait "$hosts" "$wait"
}

# H:C:T of the P-th host
sdebug_find_address()
{
	local host

	for host in "/sys/bus/pseudo/devices/adapter$(($1 - 1))"/host*; do
		[ -d "$host" ] && { REPLY=${host##*/host}:0:0; return 0; }
	done
	return 1
}

sdebug_inject() { echo "$2" > "/sys/kernel/debug/scsi_debug/$(hctl "$1")/error"; }

# sdebug_fail PATH OPCODE TIMES HOSTBYTE STATUS KEY ASC ASCQ: the next -TIMES (TIMES negative)
# commands with this opcode (0xff: any) end so
sdebug_fail()
{
	sdebug_inject "$1" "2 $3 $2 $4 0 $5 $6 $7 $8"
}

# sdebug_timeout PATH OPCODE TIMES: they get no answer at all
sdebug_timeout()
{
	sdebug_inject "$1" "0 $3 $2"
}

# sdebug_clear PATH OPCODE: as before
sdebug_clear()
{
	sdebug_inject "$1" "- 2 $2" 2> /dev/null
	sdebug_inject "$1" "- 0 $2" 2> /dev/null
	:
}

# sdebug_set PARAM VALUE: of the whole driver, such as opts, every_nth, delay, ndelay
sdebug_set()
{
	echo "$2" > "/sys/bus/pseudo/drivers/scsi_debug/$1"
}

# lab_up_alua [hosts=2] [PARAM=VALUE of scsi_debug...]: hosts of scsi_debug with ALUA that can be
# driven, see Documentation/scsi/scsi_debug_alua.rst; port P is the P-th host. Nothing is waited for
# but the devices.
lab_up_alua()
{
	local hosts=2 kv p param=()

	for kv in "$@"; do
		case $kv in
		hosts=*) hosts=${kv#*=} ;;
		*)	 param+=("$kv") ;;
		esac
	done
	param+=(add_host="$hosts" vpd_use_hostno=0 dev_size_mb=16)
	if module_loaded scsi_debug; then LAB_WHY="scsi_debug is loaded already"; return 1; fi
	modprobe scsi_debug alua=1 "${param[@]}" ||
		{ LAB_WHY="scsi_debug does not load"; return 1; }
	for ((p = 1; p <= hosts; p++)); do
		LAB_PORT_KIND[$p]=sdebug
		wait_for 20 path_has_disk "$p" ||
			{ LAB_WHY="no disk behind scsi_debug's host $p"; return 1; }
	done
}

sdebug_write() { echo "$3" > "/sys/kernel/debug/scsi_debug/$(hctl "$1")/$2"; }

# sdebug_alua PATH WORD...: group, port, state and so on of this path
sdebug_alua() { sdebug_write "$1" alua "${*:2}"; }

# sdebug_rtpg PATH WORD...: how REPORT TARGET PORT GROUPS is answered on this path
sdebug_rtpg() { sdebug_write "$1" rtpg "${*:2}"; }

LAB_TRACING=/sys/kernel/tracing

# alua_trace: trace what the SCSI core asks of access states, from now on
alua_trace()
{
	echo 8192 > $LAB_TRACING/buffer_size_kb && echo > $LAB_TRACING/trace &&
		echo 1 > $LAB_TRACING/events/scsi_alua/enable
}

# alua_is_asked: more queries have been sent since then than have ended
alua_is_asked()
{
	local sent done

	done=$(grep -c scsi_alua_rtpg_done: $LAB_TRACING/trace)
	sent=$(grep -c scsi_alua_rtpg_send: $LAB_TRACING/trace)
	[ "$sent" -gt "$done" ]
}

# dh_attach PATH: give its device the ALUA device handler, which only a scan does by itself, and
# only while the handler's module is loaded
dh_attach() { find_path_dir "$1" && echo alua > "$REPLY/dh_state"; }

# sdebug_attention PATH ASC ASCQ: raise a unit attention on this path
sdebug_attention() { sdebug_write "$1" unit_attention "$2 $3"; }

sdebug_down()
{
	local p

	module_loaded scsi_debug || return 0
	wait_for 20 module_unload scsi_debug 2> /dev/null	# udev may still look at the disks
	for p in "${!LAB_PORT_KIND[@]}"; do
		if [ "${LAB_PORT_KIND[$p]}" = sdebug ]; then unset "LAB_PORT_KIND[$p]"; fi
	done
}

# ------------------------------------------------------------------------
# Verified I/O in the background
# ------------------------------------------------------------------------

declare -A FIO_PID=() BG_PID=()
declare -A FIO_ERROR=() FIO_VERIFIED=() FIO_WRITTEN=()

# fio_start NAME FILE [fio option...]: writes at random to FILE (a disk, or a file with --size),
# reads everything back and compares, over and over, until fio_stop. The first error ends it.
fio_start()
{
	local name=$1 file=$2
	shift 2

	fio --name="$name" --filename="$file" --rw=randwrite --bs=4k --direct=1 \
		--ioengine=libaio --iodepth=4 --verify=crc32c --verify_backlog=64 --verify_fatal=1 \
		--time_based --runtime=7200 --output-format=terse --output="$LAB_TMP/$name.fio" \
		--write_lat_log="$LAB_TMP/$name" --log_unix_epoch=1 --randseed="${SEED:-$RANDOM}" \
		"$@" > "$LAB_TMP/$name.err" 2>&1 &
	FIO_PID[$name]=$!
}

fio_running()
{
	kill -0 "${FIO_PID[$1]}" 2> /dev/null
}

fio_ended() { ! fio_running "$1"; }

# fio_stop NAME: ends it in order and holds if no I/O failed and no byte was wrong.
# FIO_ERROR, FIO_VERIFIED and FIO_WRITTEN (bytes) of NAME say how it went.
fio_stop()
{
	local name=$1 pid=${FIO_PID[$1]} rc line

	kill -INT "$pid" 2> /dev/null
	if ! wait_for 60 fio_ended "$name"; then
		LAB_WHY="fio $name does not end"
		kill -KILL "$pid"
		unset "FIO_PID[$name]"
		return 1
	fi
	wait "$pid"
	rc=$?
	unset "FIO_PID[$name]"
	line=$(grep -E '^[0-9]+;fio' "$LAB_TMP/$name.fio" | tail -n 1)
	FIO_ERROR[$name]=$(cut -d';' -f5 <<< "$line")
	FIO_VERIFIED[$name]=$(($(cut -d';' -f6 <<< "$line") * 1024))
	FIO_WRITTEN[$name]=$(($(cut -d';' -f47 <<< "$line") * 1024))
	# 128: ended by the signal
	if [ "${FIO_ERROR[$name]}" != 0 ] || { [ $rc -ne 0 ] && [ $rc -ne 128 ]; }; then
		LAB_WHY="fio $name: error ${FIO_ERROR[$name]}, status $rc"
		cat "$LAB_TMP/$name.err"
		grep -v '^[0-9]*;fio' "$LAB_TMP/$name.fio"
		return 1
	fi
	[ "${FIO_VERIFIED[$name]}" -gt 0 ] || { LAB_WHY="fio $name verified nothing"; return 1; }
	echo "fio $name: ${FIO_VERIFIED[$name]} bytes verified," \
		"longest stall $(fio_stall "$name") ms"
}

# fio_stall NAME [FROM TO]: the longest time that an I/O took which completed between FROM and TO
# (now_ms), in ms; after fio_stop
fio_stall()
{
	awk -F', *' -v from="${2:-0}" -v to="${3:-99999999999999}" '
		$1 >= from && $1 <= to && $2 > max { max = $2 }
		END { printf "%d\n", max / 1000000 }' "$LAB_TMP/$1"_lat.*.log
}

# fio_burst FILE [fio option...]: a short verified job in the foreground
fio_burst()
{
	local file=$1
	shift

	timeout -k 5 "${IO_LIMIT:-120}" fio --name=burst --filename="$file" --rw=randwrite --bs=4k \
		--direct=1 --size=2m --verify=crc32c --verify_fatal=1 --output-format=terse "$@"
}

# without_udev COMMAND...: meanwhile udev handles no event. It still has the partitions of a disk
# read again that a writer closes: only a lock of the disk prevents that (mempool_spent.sh).
without_udev()
{
	local rc

	udevadm settle -t $((LAB_SLOW * 30))
	udevadm control --stop-exec-queue
	"$@"
	rc=$?
	udevadm control --start-exec-queue
	return $rc
}

# sha256_of FILE [OFFSET LENGTH]: of a file or disk, past the page cache where that is possible
sha256_of()
{
	if [ $# -eq 3 ]; then
		dd if="$1" iflag=direct,skip_bytes,count_bytes \
			skip="$2" count="$3" bs=64k status=none
	else
		dd if="$1" iflag=direct bs=1M status=none
	fi | sha256sum | cut -d' ' -f1
}

# ------------------------------------------------------------------------
# Memory that fails (kernels with failslab and its stack filter; elsewhere nothing happens)
# ------------------------------------------------------------------------

FAULT=/sys/kernel/debug/failslab
FAULT_TIMES=100000000

fault_possible() { [ -e $FAULT/require-start ]; }

# Only allocations below a function of MODULE count
fault_range()
{
	local range

	range=$(awk -v mod="[$1]" '$4 == mod && $2 ~ /[tT]/ { print $1 }' /proc/kallsyms | sort)
	[ -n "$range" ] || { LAB_WHY="no code of $1 in /proc/kallsyms"; return 1; }
	echo "0x$(head -n 1 <<< "$range")" > $FAULT/require-start
	echo "0x$(tail -n 1 <<< "$range")" > $FAULT/require-end
	echo N > $FAULT/ignore-gfp-wait
	echo N > $FAULT/task-filter
	echo 1 > $FAULT/interval
	echo 0 > $FAULT/verbose
}

# fault_on MODULE PERCENT [nowait]: from now on so many of its allocations fail; with nowait only
# those that may not sleep, which are those for I/O
fault_on()
{
	fault_possible || return 0
	fault_range "$1" || return 1
	if [ "${3:-}" = nowait ]; then echo Y > $FAULT/ignore-gfp-wait; fi
	FAULT_START=$FAULT_TIMES
	echo 0 > $FAULT/space
	echo $FAULT_START > $FAULT/times
	echo "$2" > $FAULT/probability
}

# fault_once MODULE BYTES: one of its allocations fails, the first after so many bytes
fault_once()
{
	fault_possible || return 0
	fault_range "$1" || return 1
	FAULT_START=1
	echo "$2" > $FAULT/space
	echo 1 > $FAULT/times
	echo 100 > $FAULT/probability
}

# fault_hits: how many have failed
fault_hits()
{
	if fault_possible; then echo $((FAULT_START - $(cat $FAULT/times))); else echo 0; fi
}

fault_off()
{
	if fault_possible; then echo 0 > $FAULT/probability; fi
}

# ------------------------------------------------------------------------
# The end
# ------------------------------------------------------------------------

# lab_mount DEVICE DIR: mounted for this test, unmounted by lab_down
lab_mount()
{
	mkdir -p "$2" && mount "$1" "$2" && LAB_MOUNTS+=("$2")
}

# bg NAME COMMAND...: run it in the background; lab_down ends what is left
bg()
{
	local name=$1
	shift

	rm -f "$LAB_TMP/bg.$name.rc"
	: > "$LAB_TMP/bg.$name.out"
	{
		"$@" > "$LAB_TMP/bg.$name.out" 2>&1
		echo $? > "$LAB_TMP/bg.$name.rc"
	} &
	BG_PID[$name]=$!
}

bg_ended() { [ -s "$LAB_TMP/bg.$1.rc" ]; }

# bg_result NAME SECONDS: wait for it at most SECONDS, print what it printed, return its status.
# 124: it did not end.
bg_result()
{
	within "$2" bg_ended "$1" || { echo "$1 did not end within $2 s"; return 124; }
	cat "$LAB_TMP/bg.$1.out"
	return "$(cat "$LAB_TMP/bg.$1.rc")"
}

# hold NODE [OP]: keep it open (OP hold_excl: claimed) until hold_end
hold()
{
	rm -f "$LAB_TMP/hold"
	mkfifo "$LAB_TMP/hold"
	"$MPATH_IO" "${2:-hold}" "$1" < "$LAB_TMP/hold" > "$LAB_TMP/hold.out" &
	BG_PID[hold]=$!
	exec {HOLD_FD}> "$LAB_TMP/hold"
	wait_for 10 grep -q holding "$LAB_TMP/hold.out"
}

hold_end()
{
	exec {HOLD_FD}>&-
	wait "${BG_PID[hold]}"
	unset "BG_PID[hold]"
}

# lab_down_targets: all ports and disks; nothing may use them any more
lab_down_targets()
{
	local p

	iscsi_down
	sdebug_down
	for p in "${!LAB_PORT_KIND[@]}"; do
		lio_port_down "$p"
		unset "LAB_PORT_KIND[$p]"
	done
	if [ -d "$LAB_CONFIGFS/loopback" ]; then
		rmdir --ignore-fail-on-non-empty "$LAB_CONFIGFS/loopback" 2> /dev/null
	fi
	for p in "${!LIO_DISK[@]}"; do
		lio_disk_down "$p"
	done
}

# lab_down: everything that the functions above made goes away, in an order that cannot block:
# workloads, mounts, cuts, targets, modules. Safe to call twice. Keeps the test's exit status.
# In a trap, a bare "return" means the status from before the trap: no function here has one.
lab_down()
{
	local rc=$? pid dir p

	trap - EXIT
	[ "${LAB_KEEP:-0}" = 1 ] && return $rc
	fault_off
	udevadm control --start-exec-queue 2> /dev/null
	udevadm settle -t $((60 * LAB_SLOW)) 2> /dev/null	# it opens disks, which then do not go
	for p in "${!LAB_PORT_KIND[@]}"; do
		if [ "${LAB_PORT_KIND[$p]}" = loop ]; then path_restore "$p"; fi
	done
	if [ -n "${LAB_NFT:-}" ]; then nft flush table ip lab; fi
	for pid in "${FIO_PID[@]}" "${BG_PID[@]}"; do
		kill -TERM "$pid" 2> /dev/null
	done
	grep -q '^/dev/sd' /proc/swaps && timeout 60 swapoff -a
	for dir in "${LAB_MOUNTS[@]}"; do
		mountpoint -q "$dir" && timeout 60 umount -l "$dir"
	done
	LAB_MOUNTS=()
	for pid in "${FIO_PID[@]}" "${BG_PID[@]}"; do
		within 20 not kill -0 "$pid" 2> /dev/null || kill -KILL "$pid" 2> /dev/null
	done
	FIO_PID=()
	BG_PID=()
	lab_down_targets
	if module_loaded scsi_debug; then
		note "scsi_debug does not unload: $(cat /sys/module/scsi_debug/refcnt) users"
	fi
	if module_loaded scsi_multipath && ! mpath_is_builtin; then
		wait_for 20 mpath_unload > "$LAB_TMP/unload" 2>&1 ||
			note "scsi_multipath does not unload:" \
				"$(tail -n 1 "$LAB_TMP/unload"); users:" \
				"$(cat /sys/module/scsi_multipath/refcnt); heads: $(heads_count)"
	fi
	rm -rf "$LAB_TMP"
	return $rc
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the guest side of every measurement shares. Sourced.
#
# Targets, paths and heads come from the library of the guest tests; nothing is taken down,
# because the guest ends with the measurement. A figure is a line "@bench NAME VALUE", one for
# each repeat; everything else on stdout is progress, for people.

BENCH_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export KTAP_HELPERS=$BENCH_DIR/guest/no_ktap.sh
export LAB_KEEP=1
# shellcheck source=/dev/null
. "$BENCH_DIR/../../selftests/scsi_multipath/lib.sh"
lab_helper() { :; }		# mpath_io is not used

# Parameters of scsi_debug: no work for the data.
# shellcheck disable=SC2034
SDEBUG="fake_rw=1 no_rwlock=1 dev_size_mb=16"

# figure NAME VALUE...: one repeat for each value
figure()
{
	local name=$1 value
	shift

	for value in "$@"; do
		echo "@bench $name $value"
	done
}

# missing NAME REASON...: this figure cannot be had on this kernel
missing()
{
	local name=$1
	shift

	echo "@missing $name $*"
}

die()
{
	echo "bench: $*" >&2
	exit 1
}

# must COMMAND...: or the measurement ends
must()
{
	"$@" || die "failed: $*${LAB_WHY:+ ($LAB_WHY)}"
}

# no_elevators: every disk, the hidden ones too, without an elevator
no_elevators()
{
	local queue

	for queue in /sys/block/*/queue; do
		if [ -e "$queue/scheduler" ]; then echo none > "$queue/scheduler" 2> /dev/null; fi
	done
}

# quiet_guest: nothing that runs beside the measurement by itself
quiet_guest()
{
	udevadm settle
	udevadm control --exit
	sleep 1
}

# drop_pages DEVICE: what a partition scan left in the page cache makes each direct read look there
# first, until the last close. Everything is measured without.
drop_pages() { : < "$1"; }

have_multipath() { modprobe -qn scsi_multipath; }

# dm_table POLICY MODE DISK...: table line of a multipath map of these disks in one group
dm_table()
{
	local policy=$1 mode=$2 disk args
	shift 2

	case $policy in
	service-time)	args="1 1" ;;		# repeat count, relative throughput
	*)		args="1" ;;
	esac
	echo -n "0 $(cat "/sys/block/$1/size") multipath 2 queue_mode $mode 0 1 1"
	echo -n " $policy 0 $# $(wc -w <<< "$args")"
	for disk; do
		echo -n " $(cat "/sys/block/$disk/dev") $args"
	done
	echo
}

# dm_create POLICY MODE DISK...: the map "bench", DM its node. Nothing waits for udev, which may be
# stopped.
dm_create()
{
	dmsetup --noudevsync create bench --table "$(dm_table "$@")" || return
	# shellcheck disable=SC2034
	DM=/dev/$(dmsetup --noheadings -c -o blkdevname info bench)
}

dm_remove() { dmsetup --noudevsync remove bench; }

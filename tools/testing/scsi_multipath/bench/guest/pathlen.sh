#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Instructions per 4 KiB direct read, one figure line per repeat. Runs in a guest of one CPU under
# the instruction counter. BENCH_WHAT is a list of raw, loaded, head, dm and nvme.

. "$(dirname "$0")/common.sh"

READS=2000

# count NAME DEVICE
count()
{
	no_elevators
	drop_pages "$2"
	# shellcheck disable=SC2046
	figure "$1" $("$BENCH_BUILD/pread_ns" "$2" $READS "$BENCH_REPEATS")
}

# two_hosts [WAIT]: the same disk behind two scsi_debug hosts
two_hosts()
{
	# shellcheck disable=SC2086
	must lab_up_sdebug hosts=2 wait="${1:-0}" delay=0 $SDEBUG
	udevadm settle
	no_elevators
}

raw()
{
	two_hosts
	count "$1" "/dev/$(path_disk 1)"
	sdebug_down
}

both_optimized() { path_is 1 optimized > /dev/null && path_is 2 optimized > /dev/null; }

head_policies()
{
	local policy

	if module_loaded scsi_multipath; then mpath_unload; fi
	must mpath_load always=1
	two_hosts 1
	# Until the first answer a head cannot keep to one path; that is not the steady state.
	must wait_for 20 both_optimized
	for policy in numa round-robin queue-depth; do
		must head_set iopolicy $policy
		count pathlen.head.$policy "$HEAD"
	done
	sdebug_down
	must wait_for 20 mpath_unload
}

dm_map()
{
	local policy=$1 mode=$2

	dm_create "$policy" "$mode" "$(path_disk 1)" "$(path_disk 2)" || {
		missing "pathlen.dm.$mode.$policy" "dm refuses the table"
		return
	}
	count "pathlen.dm.$mode.$policy" "$DM"
	must dm_remove
}

dm_modes()
{
	two_hosts
	dm_map round-robin bio
	dm_map service-time bio
	dm_map round-robin rq
	dm_map service-time rq
	sdebug_down
}

# nvme_port N: port N of the kernel's loop target, serving a null block device
nvme_port()
{
	local t=/sys/kernel/config/nvmet

	if [ ! -d $t/subsystems/bench ]; then
		must modprobe null_blk nr_devices=1 queue_mode=2 irqmode=0 gb=1
		mkdir $t/subsystems/bench
		echo 1 > $t/subsystems/bench/attr_allow_any_host
		mkdir $t/subsystems/bench/namespaces/1
		echo /dev/nullb0 > $t/subsystems/bench/namespaces/1/device_path
		echo 1 > $t/subsystems/bench/namespaces/1/enable
	fi
	mkdir "$t/ports/$1"
	echo loop > "$t/ports/$1/addr_trtype"
	echo "$1" > "$t/ports/$1/addr_traddr"
	ln -s $t/subsystems/bench "$t/ports/$1/subsystems/bench"
	echo "transport=loop,nqn=bench,traddr=$1,hostnqn=nqn.2014-08.org.nvmexpress:uuid:$NVME_HOST,hostid=$NVME_HOST" \
		> /dev/nvme-fabrics || die "no NVMe controller on port $1"
}

nvme_paths() { [ "$(grep -l live /sys/class/nvme/nvme*/state | wc -l)" -eq "$1" ]; }

nvme_head()
{
	local policy multipath

	NVME_HOST=$(cat /proc/sys/kernel/random/uuid)
	multipath=$(cat /sys/module/nvme_core/parameters/multipath)
	nvme_port 1
	must wait_for 20 test -b /dev/nvme0n1
	if [ "$multipath" = N ]; then
		count pathlen.nvme.path /dev/nvme0n1
		return
	fi
	count pathlen.nvme.head.one-path /dev/nvme0n1
	nvme_port 2
	must wait_for 20 nvme_paths 2
	for policy in numa round-robin queue-depth; do
		echo $policy > /sys/class/nvme-subsystem/nvme-subsys0/iopolicy
		count pathlen.nvme.head.$policy /dev/nvme0n1
	done
}

lab_init
quiet_guest
for what in $BENCH_WHAT; do
	case $what in
	raw)	raw "pathlen.raw.$BENCH_NAME" ;;
	loaded)	must mpath_load
		raw pathlen.raw.loaded ;;
	head)	head_policies ;;
	dm)	dm_modes ;;
	nvme)	nvme_head ;;
	esac
done

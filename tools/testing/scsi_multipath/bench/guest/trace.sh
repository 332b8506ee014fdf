#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Reads in a loop while the host records what is executed. BENCH_WHAT is raw, head/POLICY or
# dm/POLICY.

. "$(dirname "$0")/common.sh"

READS=40000

lab_init
quiet_guest
policy=${BENCH_WHAT#*/}
case $BENCH_WHAT in
head/*)	must mpath_load always=1 ;;
esac
# shellcheck disable=SC2086
must lab_up_sdebug hosts=2 delay=0 $SDEBUG
case $BENCH_WHAT in
raw)	device=/dev/$(path_disk 1) ;;
head/*)	must head_set iopolicy "$policy"
	device=$HEAD ;;
dm/*)	must dm_create "$policy" bio "$(path_disk 1)" "$(path_disk 2)"
	device=$DM ;;
esac
no_elevators
drop_pages "$device"
# The program says by its first figure that it is warm.
"$BENCH_BUILD/pread_ns" "$device" $READS 2 | {
	awk '/\[(scsi_debug|libmultipath|multipath|scsi_multipath)\]/ && $2 ~ /[tT]/ { print "@symbol", $1, $2, $3 }' \
		/proc/kallsyms
	read -r _
	echo "@reading"
	cat > /dev/null
}

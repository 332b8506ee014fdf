#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Both paths are dead and far more writes wait than there are clones in reserve: then a third path
# joins and everything that waited is written through it.
#
# On a kernel with fault injection every clone must come from the reserve, one after the other;
# mempool_spent.sh has the case that all of it is held elsewhere.
#
# CONFIG: base debug

. "$(dirname "$0")/lib.sh"

WAITING=$(count_for 256 1024)
MB=$((1 << 20))

both_dead()
{
	head_set no_path_timeout_secs 600 && path_cut 1 && path_cut 2
}

many_wait()
{
	fault_on libmultipath 100 nowait
	bg waiting fio_burst "$HEAD" --ioengine=libaio --iodepth="$WAITING" \
		--size=$((WAITING * 4096 * 2))
	bg single mpath_io fua "$HEAD" off=$((32 * MB)) seed=1 count=4
	not within 3 bg_ended waiting && not bg_ended single
}

third_joins() { lio_port 3 && lio_map 3 d0 && wait_for 30 head_ready 3 3; }

drained() { bg_result waiting 120 && bg_result single 60; }
in_place() { mpath_io verify "${LIO_FILE[d0]}" direct=0 off=$((32 * MB)) seed=1 count=4; }

# The reserve has to be whole again.
works_on()
{
	path_restore 1
	path_restore 2
	wait_for 30 path_usable 1 && path_delete 3 &&
		fio_burst "$HEAD" --ioengine=libaio --iodepth=64
}

lab_begin 7 fio mod:scsi_multipath
mpath_load || ktap_exit_fail_msg "$LAB_WHY"
is_fatal "one disk over two ports" lab_up paths=2 groups=3 store=fileio
is_fatal "both die" both_dead
IO_LIMIT=600 check "writes wait, $WAITING at once" many_wait
check "a third path joins although memory is short" third_joins
check "all that waited is written" drained
check "to the right place" in_place
fault_off
check "with the first two paths it works as before" works_on
ktap_finished

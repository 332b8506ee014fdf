#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Paths of a LIO disk are lost in turns under verified I/O; the block layer's tracepoints say how
# long each failed request waited for its re-issue. BENCH_WHAT is head or dm, BENCH_LOSSES how often.

. "$(dirname "$0")/common.sh"

TRACE=/sys/kernel/tracing
RATE=150		# I/Os per second: there is always one in flight when a path is cut

trace_setup()
{
	echo mono > $TRACE/trace_clock
	echo 0 > $TRACE/tracing_on
	echo 'error != 0' > $TRACE/events/block/block_rq_complete/filter
	echo 1 > $TRACE/events/block/block_rq_complete/enable
	echo 1 > $TRACE/events/block/block_rq_issue/enable
	if [ -d $TRACE/events/multipath ]; then echo 1 > $TRACE/events/multipath/enable; fi
}

head_up()
{
	must mpath_load
	must lab_up paths=2
	must head_set iopolicy round-robin
	DEVICE=$HEAD
	DM_MAP=-
}

dm_map_there() { DM_MAP=$(dmsetup ls --target multipath | awk '$1 != "No" { print $1; exit }'); [ -n "$DM_MAP" ]; }
dm_path_active() { dmsetup status "$DM_MAP" | grep -qF " $1 A "; }
dm_paths_active() { dm_path_active "$(dm_path_dev 1)" && dm_path_active "$(dm_path_dev 2)"; }
dm_path_dev() { cat "/sys/block/$(path_disk "$1")/dev"; }

# The packaged multipathd with its own settings for this target
dm_up()
{
	# its udev rules, which the guest leaves out elsewhere
	rm -f /run/udev/rules.d/*.rules
	udevadm control --reload
	must lab_up paths=2 wait=0
	must modprobe dm-multipath
	cat > /etc/multipath.conf <<- END
		defaults {
			find_multipaths no
			polling_interval 2
		}
		blacklist_exceptions {
			property ".*"
		}
	END
	setsid multipathd -d -s > "$LAB_TMP/multipathd.log" 2>&1 &
	must wait_for 20 dm_map_there
	must wait_for 20 dm_paths_active
	DEVICE=/dev/mapper/$DM_MAP
	dmsetup table "$DM_MAP"
}

lab_init
"${BENCH_WHAT}_up"
trace_setup
must fio_start load "$DEVICE" --rate_iops=$RATE --size=32m
must io_advances "$(realpath "$DEVICE")" 100
must python3 "$BENCH_DIR/guest/lose_paths.py" "$BENCH_LOSSES" "$LAB_TMP/trace" "$DM_MAP" \
	"$(lio_port_dir 1)=$(path_dir 1)" "$(lio_port_dir 2)=$(path_dir 2)"
must fio_stop load
figure "failover.$BENCH_WHAT.fio.errors" "${FIO_ERROR[load]}"
figure "failover.$BENCH_WHAT.fio.stall" "$(fio_stall load)"
python3 "$BENCH_DIR/guest/reissue.py" "$BENCH_WHAT" "$(lsblk -dno MAJ:MIN "$DEVICE")" "$LAB_TMP/trace" ||
	die "the trace cannot be read"

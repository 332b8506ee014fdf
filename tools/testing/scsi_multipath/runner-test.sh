#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Does the VM runner keep its promises? Each case is a file that behaves in one way, and the
# status, output and message that have to follow.
#
# usage: runner-test.sh [--totals FILE]

. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

totals=
[ "${1:-}" = --totals ] && totals=$2
image=$("$LAB/kernel.sh" base)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0

# script NAME LINE...: an executable file
script() {
	local file=$dir/$1
	shift

	printf '%s\n' '#!/bin/bash' "$@" > "$file"
	chmod +x "$file"
}

# stdout LINE...: what the next file has to print, whole
stdout() {
	printf '%s\n' "$@" > "$dir/want"
}

# expect STATUS TEXT-ON-STDERR NAME
expect() {
	local status=$1 message=$2 name=$3 rc=0 why=

	python3 "$LAB/vm.py" --image "$image" --run "$dir/$name" > "$dir/stdout" 2> "$dir/stderr" || rc=$?
	[ "$rc" = "$status" ] || why="status $rc, not $status"
	cmp -s "$dir/stdout" "$dir/want" || why="$why; stdout is $(head -c 300 "$dir/stdout")"
	[ -z "$message" ] || grep -qF -- "$message" "$dir/stderr" || why="$why; stderr does not say '$message'"
	if [ -z "$why" ]; then
		passed=$((passed + 1))
		say "ok   runner: $name"
	else
		failed=$((failed + 1))
		say "FAIL runner: $name: $why"
		tail -20 "$dir/stderr" >&2
	fi
}

script status 'echo out; echo err >&2; echo again > /dev/stderr' 'exit 7'
stdout out err again
expect 7 "exit status 7" status

script environment 'echo "$A,$B $(nproc) $(ls -d /sys/devices/system/node/node? | wc -l) $(pwd)"' \
	'grep -qw lab_word /proc/cmdline && modprobe scsi_debug && test -d /sys/module/scsi_debug'
stdout "1,two words 2 2 $PWD"
VM_ENV="A=1 'B=two words'" VM_CMDLINE=lab_word expect 0 "" environment

script large 'seq 300000' 'sleep 1000 &'	# a daemon that keeps stdout is not waited for
seq 300000 > "$dir/want"
expect 0 "" large

script report 'dmesg -n 1' 'echo "WARNING: lib/x.c:1 at f+0x0/0x1" > /dev/kmsg' 'dmesg -C'
: > "$dir/want"
expect 99 "WARNING: lib/x.c:1" report

script report_and_failure 'echo "BUG: KASAN: use-after-free in f" > /dev/kmsg; exit 3'
: > "$dir/want"
expect 3 "KASAN: use-after-free" report_and_failure

script panic 'echo before; sleep 0.5; echo c > /proc/sysrq-trigger; sleep 60'
stdout before
expect 98 "the kernel panicked" panic

script no_status 'echo before; sleep 0.5; busybox poweroff -f; sleep 60'
stdout before
expect 97 "ended without a status" no_status

script hang 'echo before; sleep 1000'
stdout before
VM_TIMEOUT=25 expect 124 "the guest hung for VM_TIMEOUT=25 s" hang

say "runner: $passed passed, $failed failed"
[ -z "$totals" ] || echo "$passed $failed 0" >> "$totals"
[ $failed = 0 ]

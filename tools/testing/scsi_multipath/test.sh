#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Everything that CI runs. Each stage adds its counts; the last line is the sum.

. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

export SELFTEST_JOBS=${SELFTEST_JOBS:-$(nproc)}
# The guest tests that gate a landing: those that were seen to pass in a boot of their own on a
# machine with two cores, and that fit into its time; none on debug yet. All of them:
# make selftest CONFIG=all.
GATE_BASE="access_states all_paths_lost boot_enable_off_module boot_word_module boot_builtin_word
	boot_builtin_enable boot_builtin_off capabilities reservations same_id_other_size
	two_luns_swapped remove_rescan_io failover_ops errors_not_failed_over mempool_drain
	module_refuse_unload"

totals=$(mktemp)
trap 'rm -f "$totals"' EXIT
summary=()

# stage NAME COMMAND...: one result, passed if COMMAND succeeds
stage() {
	local name=$1 start rc=0
	shift

	start=$(date +%s)
	say "=== $name"
	"$@" || rc=$?
	if [ $rc = 0 ]; then echo "1 0 0"; else echo "0 1 0"; fi >> "$totals"
	note "$name" $rc "$start"
}

# counted NAME COMMAND...: COMMAND writes its own counts with --totals
counted() {
	local name=$1 start rc=0 before
	shift

	start=$(date +%s)
	before=$(wc -l < "$totals")
	say "=== $name"
	"$@" --totals "$totals" || rc=$?
	[ "$(wc -l < "$totals")" -gt "$before" ] || echo "0 1 0" >> "$totals"
	note "$name" $rc "$start"
}

note() {
	local verdict=ok

	[ "$2" = 0 ] || verdict=FAILED
	summary+=("$(printf '%-28s %-7s %5d s' "$1" $verdict $(($(date +%s) - $3)))")
}

stage "packages" "$LAB/packages.sh" check
stage "kernel source" "$LAB/source.sh"
stage "kernel base" "$LAB/kernel.sh" base
stage "kernel base-y" "$LAB/kernel.sh" base-y
stage "kernel debug" "$LAB/kernel.sh" debug
counted "runner" "$LAB/runner-test.sh"
counted "kunit" "$LAB/kunit.sh"
counted "guest tests, base" "$LAB/selftest.py" --config base "$GATE_BASE"
counted "checks" "$LAB/check.sh" series lines kernel-doc

printf '%s\n' "${summary[@]}"
awk '{ p += $1; f += $2; s += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f || !p }' "$totals"

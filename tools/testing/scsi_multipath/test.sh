#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Everything that CI runs. Each stage adds its counts; the last line is the sum.

. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

export SELFTEST_JOBS=${SELFTEST_JOBS:-$(nproc)}
# On the debug kernel a test takes minutes; these make and end all that has a lifetime. The others
# run there by make selftest CONFIG=debug and by make soak.
GATE_DEBUG="guest-kunit demo"

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# stage NAME COMMAND...: one result, passed if COMMAND succeeds
stage() {
	local name=$1 start rc=0
	shift

	start=$(date +%s)
	say "=== $name"
	"$@" || rc=$?
	if [ $rc = 0 ]; then echo "1 0 0"; else echo "0 1 0"; fi > "$results/$name.totals"
	note "$name" $rc "$start"
}

# counted NAME COMMAND...: COMMAND writes its own counts with --totals
counted() {
	local name=$1 start rc=0
	shift

	start=$(date +%s)
	say "=== $name"
	"$@" --totals "$results/$name.totals" || rc=$?
	[ -s "$results/$name.totals" ] || echo "0 1 0" > "$results/$name.totals"
	note "$name" $rc "$start"
}

note() {
	local verdict=ok

	[ "$2" = 0 ] || verdict=FAILED
	printf '%-28s %-7s %5d s\n' "$1" $verdict $(($(date +%s) - $3)) >> "$results/summary"
}

stage "packages" "$LAB/packages.sh" check
stage "kernel source" "$LAB/source.sh"
stage "kernel base" "$LAB/kernel.sh" base
stage "kernel base-y" "$LAB/kernel.sh" base-y
stage "kernel base-y-on" "$LAB/kernel.sh" base-y-on
stage "kernel debug" "$LAB/kernel.sh" debug
# Guests that wait and a build: together they occupy two CPUs.
counted "kunit" "$LAB/kunit.sh" &
kunit=$!
counted "runner" "$LAB/runner-test.sh"
wait "$kunit"
counted "guest tests, base" "$LAB/selftest.py" --config base
# shellcheck disable=SC2086
counted "guest tests, debug" "$LAB/selftest.py" --config debug $GATE_DEBUG
counted "checks" "$LAB/check.sh" series lines kernel-doc

cat "$results/summary"
awk '{ p += $1; f += $2; s += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f || !p }' "$results"/*.totals

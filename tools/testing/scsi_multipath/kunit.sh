#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The KUnit suites of the series under kunit.py (UML), one build for all .kunitconfig files.
#
# usage: kunit.sh [--totals FILE]	appends "passed failed skipped" to FILE
#
# VECTORS="dir ..." gives the *.vec files of these directories to the vector suite instead of its
# own; drivers/scsi/vectors/README describes them.

. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
. "$LAB/objects.sh"

totals=
[ "${1:-}" = --totals ] && totals=$2

"$LAB/packages.sh"
root=$("$LAB/source.sh")
tree=$root/patched-um
mkdir -p "$root/logs"
exec 9> "$tree.lock"
flock -n 9 || { say "waiting for another build in patched-um"; flock 9; }
copy_tree "$root/stock" "$tree"
python3 "$LAB/treesync.py" --stock "$root/stock" --tree "$tree"

configs=()
for f in lib/multipath/.kunitconfig drivers/scsi/.kunitconfig; do
	[ ! -f "$tree/$f" ] || configs+=(--kunitconfig="$tree/$f")
done
[ ${#configs[@]} -gt 0 ] || die "the series has no .kunitconfig"

SCSI_ALUA_VECTORS=
for dir in ${VECTORS:-}; do
	[ -d "$dir" ] || die "VECTORS: $dir is no directory"
	compgen -G "$dir/*.vec" > /dev/null || die "VECTORS: $dir has no file *.vec"
	SCSI_ALUA_VECTORS="$SCSI_ALUA_VECTORS $(cd "$dir" && pwd)"
done
if [ -n "$SCSI_ALUA_VECTORS" ]; then export SCSI_ALUA_VECTORS; else unset SCSI_ALUA_VECTORS; fi

log=$root/logs/kunit.log
say "building and running the KUnit suites (log: $log)"
start=$(date +%s)
status=0
(
	cd "$tree"
	./tools/testing/kunit/kunit.py run --arch=um --build_dir="$tree/O.kunit" "${configs[@]}" \
		--jobs="$JOBS" --timeout=300
) > "$log" 2>&1 < /dev/null || status=$?
flock -u 9

count() { sed -n "s/.*Testing complete.*[^a-z]$1: \([0-9]*\).*/\1/p" "$log" | tail -1; }
passed=$(count passed)
failed=0
for kind in failed crashed errors; do
	n=$(count "$kind")
	failed=$((failed + ${n:-0}))
done
skipped=$(count skipped)
if [ -z "$passed" ] || [ $((passed + failed)) -eq 0 ]; then
	tail -40 "$log" >&2
	say "the KUnit suites did not run"
	passed=0 failed=1
elif [ "$status" != 0 ] || [ "$failed" != 0 ]; then
	grep -E '^\[[0-9:]+\] (\[FAILED\]|\[ERROR\]|#|    # )|^\[[0-9:]+\] +#|EXPECTATION|ASSERTION' "$log" | head -80 >&2
	[ "$failed" != 0 ] || failed=1
fi
say "KUnit under UML: $passed passed, $failed failed, ${skipped:-0} skipped in $(($(date +%s) - start)) s"
[ -z "$totals" ] || echo "$passed $failed ${skipped:-0}" >> "$totals"
[ "$failed" = 0 ]

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guest tests with their soak counts, round after round, until the time is over. After each
# test its result is appended to a progress file in the cache; a later call goes on after it.
#
# usage: soak.sh DURATION	1h, 30m, 600s or 600; it ends after the test that is running then
#
# SEED=n		seed of the first round (default: that of the progress file, else 1); each
#		round adds one, and each test sees it as $SEED
# SOAK_CONFIG	base (default), debug or all
# SOAK_RESTART=1	forget the progress

. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

seconds() {
	case $1 in
	*h) echo $((${1%h} * 3600)) ;;
	*m) echo $((${1%m} * 60)) ;;
	*) echo "${1%s}" ;;
	esac
}

end=$(($(date +%s) + $(seconds "${1:-1h}")))
config=${SOAK_CONFIG:-base}
dir=$CACHE/soak
progress=$dir/progress
mkdir -p "$dir/logs"
[ -z "${SOAK_RESTART:-}" ] || rm -f "$progress"
[ -f "$progress" ] || echo "# seed ${SEED:-1}; round config test passed failed skipped" > "$progress"
first=$(sed -n '1s/^# seed \([0-9]*\);.*/\1/p' "$progress")
if [ -n "${SEED:-}" ] && [ "$SEED" != "$first" ]; then
	say "another seed: a new progress file"
	mv "$progress" "$progress.seed-$first"
	echo "# seed $SEED; round config test passed failed skipped" > "$progress"
	first=$SEED
fi

mapfile -t tests < <("$LAB/selftest.py" --list --config "$config")
[ ${#tests[@]} -gt 0 ] || die "no guest tests"
round=$(awk '!/^#/ { r = $1 } END { print r + 0 }' "$progress")
[ "$round" -gt 0 ] || round=1
failures=0 ran=0
say "soak: seed $first, from round $round on, until $(date -d "@$end" +%H:%M:%S); progress in $progress"
while [ "$(date +%s)" -lt "$end" ]; do
	for entry in "${tests[@]}"; do
		grep -q "^$round $entry " "$progress" && continue
		[ "$(date +%s)" -lt "$end" ] || break
		name=${entry#* }
		log=$dir/logs/$round-${entry/ /-}.log
		totals=$(mktemp)
		SCSI_MPATH_SOAK=1 SEED=$((first + round - 1)) "$LAB/selftest.py" --config "${entry% *}" \
			--totals "$totals" "$name" > "$log" 2>&1 || failures=$((failures + 1))
		result=$(tail -1 "$totals")
		rm -f "$totals"
		echo "$round $entry ${result:-0 1 0}" >> "$progress"
		ran=$((ran + 1))
		say "round $round $entry: ${result:-did not run} (passed failed skipped; log: $log)"
	done
	[ "$(grep -c "^$round " "$progress")" -ge ${#tests[@]} ] || break
	say "round $round is complete"
	round=$((round + 1))
done
say "soak: $ran tests in this call, $failures with failures"
awk '!/^#/ { p += $4; f += $5; s += $6 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s }' "$progress"
[ $failures = 0 ]

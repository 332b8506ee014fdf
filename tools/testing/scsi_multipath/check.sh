#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Check the series and the laboratory: one line for each check, with its time.
#
# usage: check.sh [--totals FILE] [NAME ...]	names of files in check/; default: all of them,
#						with CHECK_QUICK=1 only those that build nothing

. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

QUICK="series lines mails checkpatch kernel-doc scripts"
FULL="$QUICK options w1 sparse docs patches configs handler-fixes"

totals=
names=
while [ $# -gt 0 ]; do
	case $1 in
	--totals)
		totals=${2:?--totals needs a file}
		shift
		;;
	*) names="$names $1" ;;
	esac
	shift
done
[ -n "$names" ] || { if [ -n "${CHECK_QUICK:-}" ]; then names=$QUICK; else names=$FULL; fi; }

"$LAB/packages.sh" check
CHECK_ROOT=$("$LAB/source.sh")
export CHECK_ROOT
passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for name in $names; do
	[ -x "$LAB/check/$name" ] || die "no check $name; there is: $FULL"
	start=$(date +%s)
	if "$LAB/check/$name" > "$log" 2>&1; then
		verdict="ok  " passed=$((passed + 1))
	else
		verdict=FAIL failed=$((failed + 1))
	fi
	say "$verdict $name ($(($(date +%s) - start)) s)"
	sed 's/^/    /' "$log"
done
[ -z "$totals" ] || echo "$passed $failed 0" >> "$totals"
[ $failed = 0 ]

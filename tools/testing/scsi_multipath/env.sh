# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What every script of the laboratory shares: where things are, and how it speaks.
#
# Sourced, never run. Messages go to stderr, so that stdout stays free for results.

set -euo pipefail

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(cd "$LAB/../../.." && pwd)
CACHE=${SCSI_MPATH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/scsi-multipath}
JOBS=${JOBS:-$(nproc)}
LAB_START=${LAB_START:-$(date +%s)}	# inherited, so that nested scripts count from the same start
export LAB REPO CACHE JOBS LAB_START
mkdir -p "$CACHE"
# Options of the make that called are not for the kernel's: -s would hide what progress counts.
unset MAKEFLAGS MFLAGS

# One line of progress, with the time since the command began.
say() {
	local t=$(($(date +%s) - LAB_START))

	printf '[%3d:%02d] %s\n' $((t / 60)) $((t % 60)) "$*" >&2
}

die() {
	say "error: $*"
	exit 1
}

# heartbeat PATTERN FILE TEXT: says every 30 s how many lines of FILE match PATTERN, until it
# is killed or its parent is gone. Its sleep holds nothing of the caller's open.
heartbeat() {
	while kill -0 $$ 2> /dev/null; do
		sleep 30 > /dev/null 2>&1 &
		wait $!
		say "$3: $(grep -c "$1" "$2" || true) objects"
	done
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The tree in which checks build, so that nobody else's build directory is disturbed:
# $CHECK_ROOT/series with O.y, O.m and O.n.
#
# Sourced after env.sh.

. "$LAB/objects.sh"

TREE=$CHECK_ROOT/series
export TREE
QUIET_CONFIG=1

# lock_tree: one check at a time builds there
lock_tree() {
	exec 9> "$TREE.lock"
	flock 9
	copy_tree "$CHECK_ROOT/stock" "$TREE"
	mkdir -p "$CHECK_ROOT/logs"
}

# at_patch N: the tree is stock + patches 1..N; without N: all of them
at_patch() {
	local n=${1:-$(python3 "$LAB/series.py" --stock "$CHECK_ROOT/stock" list | wc -l)}

	python3 "$LAB/series.py" --stock "$CHECK_ROOT/stock" tree "$n" --tree "$TREE"
}

# build_dir NAME: that build directory exists; prints nothing
build_dir() {
	local from

	[ -d "$TREE/O.$1" ] && return
	from=$(built "$CHECK_ROOT" patched/O.base stock/O.base)
	if [ -z "$from" ]; then
		"$LAB/kernel.sh" base > /dev/null
		from=patched/O.base
	fi
	(
		flock 7
		copy_objects "$CHECK_ROOT/${from%/*}" "${from#*/}" "$TREE" "O.$1"
	) 7> "$CHECK_ROOT/${from%/*}.lock"
}

# fragments y|m|n: the configuration files of that build directory
fragments() {
	echo "$LAB/configs/base.config"
	[ "$1" = n ] || echo "$LAB/configs/ours.config"
	[ "$1" != y ] || echo "$LAB/configs/builtin.config"
}

# configure_dir y|m|n LOG [FRAGMENT]
configure_dir() {
	local -a files

	mapfile -t files < <(fragments "$1")
	configure "$TREE" "O.$1" "$2" "${files[@]}" ${3:+"$3"}
}

# make_quietly LOG ARGUMENT...: make in the tree; every warning counts
make_quietly() {
	local log=$1
	shift

	(cd "$TREE" && make -j"$JOBS" "$@") > "$log" 2>&1 < /dev/null || { show_errors "$log"; return 1; }
	! grep -A4 'warning:' "$log"
}

# our_objects: objects of the C files that the series brings or changes
our_objects() {
	{
		python3 "$LAB/series.py" --stock "$CHECK_ROOT/stock" objects \
			"$(python3 "$LAB/series.py" --stock "$CHECK_ROOT/stock" list | wc -l)"
		sed -n 's,^+++ b/\(\(block\|drivers/scsi\)/.*\.c\)$,\1,p' "$REPO"/patches/*.patch
	} | sort -u | sed 's/\.c$/.o/'
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Trees and build directories. A build directory (O.*) is a direct child of the source tree it
# belongs to, because kbuild then uses relative paths, and a built tree can be copied: a new
# one starts from another's objects, with only what differs to compile.
#
# Sourced after env.sh.

# copy_tree STOCK TREE: a source tree like the stock one, without build directories
copy_tree() {
	[ -d "$2" ] && return
	say "copying the source tree"
	rsync -a --exclude='/O.*' "$1/" "$2.part/"
	mv "$2.part" "$2"
}

# copy_objects FROM-TREE FROM-DIR TO-TREE TO-DIR: seeds a build directory with one of the same
# configuration or nearly so. Where that was built from other sources, every file that differs
# gets a new time, so that make sees it. The caller holds both trees' locks.
copy_objects() {
	local from=$1/$2 to=$3/$4 f

	say "starting from the objects of ${from#"${1%/*}"/}"
	rm -rf "$to.part"
	cp -a --reflink=auto "$from" "$to.part"
	rm -f "$to.part"/.lab-*
	grep -rlF --include='*.cmd' "${1%/*}/" "$to.part" |
		xargs -r sed -i "s#$from/#$to/#g; s#$1/#$3/#g"
	sed -i "s#$from#$to#g; s#$1/#$3/#g" "$to.part/Makefile"
	mv "$to.part" "$to"
	if [ "$1" != "$3" ] && [ -f "$1.manifest" ]; then
		while read -r f; do
			[ ! -e "$3/$f" ] || touch "$3/$f"
		done < "$1.manifest"
	fi
}

# built ROOT TREE/DIR ...: the first of these build directories that was built whole
built() {
	local root=$1 dir
	shift

	for dir; do
		[ -f "$root/$dir/.lab-built" ] && { echo "$dir"; return; }
	done
	return 0
}

# fragment FILE...: the fragments as one; the last word on an option counts
fragment() {
	awk '/^CONFIG_/ { n = $0; sub(/=.*/, "", n) }
		/^# CONFIG_.* is not set/ { n = $2 }
		n { if (!(n in line)) order[++count] = n; line[n] = $0; n = "" }
		END { for (i = 1; i <= count; i++) print line[order[i]] }' "$@"
}

# configure TREE DIR LOG FRAGMENT...: allnoconfig + fragments, only if one of them, or a
# Kconfig file that differs from the stock kernel's, has changed. Options that the tree does
# not take are named; with STRICT_CONFIG=1 they are an error.
configure() {
	local tree=$1 o=$1/$2 dir=$2 log=$3 new lost
	shift 3

	new=$({ fragment "$@"; cat "$tree.kconfig-id" 2>/dev/null || true; } | sha256sum)
	[ -f "$o/.config" ] && [ "$new" = "$(cat "$o/.lab-config" 2>/dev/null)" ] && return
	fragment "$@" > "$o/.lab-fragment"
	(cd "$tree" && make O="$dir" KCONFIG_ALLCONFIG=.lab-fragment allnoconfig) > "$log" 2>&1 < /dev/null ||
		{ tail -20 "$log" >&2; die "configuration failed"; }
	lost=$(grep -vxFf "$o/.config" "$o/.lab-fragment" || true)
	if [ -n "$lost" ]; then
		[ -n "${QUIET_CONFIG:-}" ] || say "warning: options that this tree does not take: ${lost//$'\n'/ }"
		[ -z "${STRICT_CONFIG:-}" ] || exit 1
	fi
	echo "$new" > "$o/.lab-config"
}

# show_errors LOG: what a build complained about
show_errors() {
	grep -nE -A4 'error:|undefined reference|\*\*\*|multiple definition|ERROR:' "$1" | head -60
}

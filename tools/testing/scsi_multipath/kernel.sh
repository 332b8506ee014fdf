#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build one of the laboratory's kernels and print the directory of its image: bzImage,
# modules/ and config. Nothing runs when an image of the same content exists.
#
# usage: kernel.sh base|base-y|debug|stock	base-y is base with scsi_multipath built in
#
# Build directories are direct children (O.*) of the source tree they belong to, because
# kbuild then uses relative paths and a built tree can be copied: that is how base starts
# from a stock build, or stock from base, with only the touched objects to compile.

. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

KEEP_IMAGES=6

config=${1:-base}
case $config in
stock) tree=stock; out=O.base; fragments="base" ;;
base) tree=patched; out=O.base; fragments="base ours" ;;
base-y) tree=patched; out=O.base-y; fragments="base ours builtin" ;;
debug) tree=patched-debug; out=O.debug; fragments="debug ours" ;;
*) die "CONFIG=$config: base, base-y, debug or stock" ;;
esac

"$LAB/packages.sh"
root=$("$LAB/source.sh")

# Everything that the image depends on, by content.
image_key() {
	{
		cat "$root/stock.id"
		gcc --version | head -1
		cat "${fragment_files[@]}"
		[ "$config" = stock ] || python3 "$LAB/treesync.py" --key
	} | sha256sum | cut -c1-12
}

fragment_files=()
for f in $fragments; do fragment_files+=("$LAB/configs/$f.config"); done

key=$(image_key)
images=$root/images/$config
image=$images/$key
if [ -f "$image/bzImage" ]; then
	touch "$image"
	echo "$image"
	exit 0
fi

mkdir -p "$images" "$root/logs"
exec 9> "$root/$tree.lock"
flock -n 9 || { say "waiting for another build in $tree"; flock 9; }
log=$root/logs/build-$config.log

# copy_objects FROM-TREE FROM-DIR: seeds our build directory with another one of the same
# configuration or nearly so. Where it was built from other sources, every file that differs
# gets a new time, so that make sees it.
copy_objects() {
	local from=$1/$2 to=$root/$tree/$out

	say "starting from the objects of ${from#"$root"/}"
	rm -rf "$to.part"
	cp -a --reflink=auto "$from" "$to.part"
	rm -f "$to.part"/.lab-*
	grep -rlF --include='*.cmd' "$root/" "$to.part" |
		xargs -r sed -i "s#$from/#$to/#g; s#$1/#$root/$tree/#g"
	sed -i "s#$from#$to#g; s#$1/#$root/$tree/#g" "$to.part/Makefile"
	mv "$to.part" "$to"
	if [ "$1" != "$root/$tree" ] && [ -f "$1.manifest" ]; then
		while read -r f; do
			[ ! -e "$root/$tree/$f" ] || touch "$root/$tree/$f"
		done < "$1.manifest"
	fi
}

# The first of these directories that was built whole, as "tree dir".
twin() {
	local t o

	for t in patched/O.base stock/O.base; do
		o=${t#*/}
		t=${t%/*}
		[ "$t/$o" = "$tree/$out" ] && continue
		[ -f "$root/$t/$o/.lab-built" ] && { echo "$root/$t $o"; return; }
	done
}

prepare_tree() {
	local from

	if [ ! -d "$root/$tree" ]; then
		say "copying the source tree"
		rsync -a --exclude='/O.*' "$root/stock/" "$root/$tree.part/"
		mv "$root/$tree.part" "$root/$tree"
	fi
	[ "$tree" = stock ] ||
		python3 "$LAB/treesync.py" --stock "$root/stock" --tree "$root/$tree"
	[ -d "$root/$tree/$out" ] && return
	from=
	[ "$config" = debug ] || from=$(twin)
	if [ -z "$from" ]; then
		mkdir "$root/$tree/$out"
	elif [ "${from% *}" = "$root/$tree" ]; then
		copy_objects "${from% *}" "${from#* }"
	else
		(
			flock 7
			copy_objects "${from% *}" "${from#* }"
		) 7> "${from% *}.lock"
	fi
}

# The fragments as one, the last word on an option counts.
fragment() {
	awk -F= '/^CONFIG_/ { n = $1 } /^# CONFIG_.* is not set/ { n = $2 == "" ? substr($1, 3) : $2; sub(/ .*/, "", n) }
		n { if (!(n in line)) order[++count] = n; line[n] = $0; n = "" }
		END { for (i = 1; i <= count; i++) print line[order[i]] }' "${fragment_files[@]}"
}

configure() {
	local o=$root/$tree/$out new lost

	new=$({ fragment; cat "$root/$tree.kconfig-id" 2>/dev/null || true; } | sha256sum)
	[ -f "$o/.config" ] && [ "$new" = "$(cat "$o/.lab-config" 2>/dev/null)" ] && return
	fragment > "$o/.lab-fragment"
	(cd "$root/$tree" && make O="$out" KCONFIG_ALLCONFIG=.lab-fragment allnoconfig) > "$log" 2>&1 ||
		{ tail -20 "$log" >&2; die "configuration failed"; }
	lost=$(grep -vxFf "$o/.config" "$o/.lab-fragment" || true)
	if [ -n "$lost" ]; then
		say "warning: options that this tree does not take: ${lost//$'\n'/ }"
		[ -z "${STRICT_CONFIG:-}" ] || exit 1
	fi
	echo "$new" > "$o/.lab-config"
}

build() {
	local o=$root/$tree/$out start beat

	start=$(date +%s)
	say "building the $config kernel (log: $log)"
	heartbeat '^  \(CC\|AS\) ' "$log" "building" &
	beat=$!
	# shellcheck disable=SC2064
	trap "kill $beat 2>/dev/null || true" EXIT
	: > "$log"
	(cd "$root/$tree" && make O="$out" -j"$JOBS") >> "$log" 2>&1 < /dev/null || {
		kill "$beat" 2>/dev/null || true
		grep -nE -A4 'error:|undefined reference|\*\*\*|multiple definition|ERROR:' "$log" | head -60 >&2
		die "the $config kernel does not build (log: $log)"
	}
	touch "$o/.lab-built"
	kill "$beat" 2>/dev/null || true
	grep -E -A4 'warning:|WARNING:' "$log" >&2 || true
	say "built in $(($(date +%s) - start)) s, $(grep -c '^  CC ' "$log" || true) objects compiled"
}

store_image() {
	local o=$root/$tree/$out part=$image.part

	rm -rf "$part"
	mkdir -p "$part"
	(cd "$root/$tree" && make -s O="$out" modules_install INSTALL_MOD_PATH="$part/modules" \
		INSTALL_MOD_STRIP=1) >> "$log" 2>&1 || { tail -5 "$log" >&2; die "modules_install failed"; }
	rm -f "$part"/modules/lib/modules/*/build "$part"/modules/lib/modules/*/source
	cp "$o/arch/x86/boot/bzImage" "$o/System.map" "$part/"
	cp "$o/.config" "$part/config"
	rm -rf "$image"
	mv "$part" "$image"
	# shellcheck disable=SC2012
	ls -dt "$images"/*/ | tail -n +$((KEEP_IMAGES + 1)) | xargs -r rm -rf
}

prepare_tree
configure
build
store_image
echo "$image"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build one of the laboratory's kernels and print the directory of its image: bzImage,
# modules/ and config. Nothing runs when an image of the same content exists.
#
# usage: kernel.sh base|base-y|base-y-on|debug|stock
#
# base-y is base with scsi_multipath built in, base-y-on the same with it on by default

. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
. "$LAB/objects.sh"

KEEP_IMAGES=6

config=${1:-base}
case $config in
stock) tree=stock; out=O.base; fragments="base" ;;
base) tree=patched; out=O.base; fragments="base ours" ;;
base-y) tree=patched; out=O.base-y; fragments="base ours builtin" ;;
base-y-on) tree=patched; out=O.base-y-on; fragments="base ours builtin builtin-on" ;;
debug) tree=patched-debug; out=O.debug; fragments="debug ours" ;;
*) die "CONFIG=$config: base, base-y, base-y-on, debug or stock" ;;
esac

"$LAB/packages.sh"
root=$("$LAB/source.sh")

tree=$root/$tree
fragment_files=()
for f in $fragments; do fragment_files+=("$LAB/configs/$f.config"); done
images=$root/images/$config

# image_key SOURCES-KEY: everything that the image depends on, by content
image_key() {
	{
		cat "$root/stock.id" "${fragment_files[@]}"
		gcc --version | head -1
		echo "$1"
	} | sha256sum | cut -c1-12
}

sources=stock
[ "$config" = stock ] || sources=$(python3 "$LAB/treesync.py" --stock "$root/stock" --key)
key=$(image_key "$sources")
if [ -f "$images/$key/bzImage" ]; then
	touch "$images/$key"
	echo "$images/$key"
	exit 0
fi

mkdir -p "$images" "$root/logs"
exec 9> "$tree.lock"
flock -n 9 || { say "waiting for another build in ${tree##*/}"; flock 9; }
log=$root/logs/build-$config.log

prepare_tree() {
	local from=

	copy_tree "$root/stock" "$tree"
	if [ "$config" != stock ]; then
		python3 "$LAB/treesync.py" --stock "$root/stock" --tree "$tree"
		key=$(image_key "$(cat "$tree.key")")
	fi
	[ -d "$tree/$out" ] && return
	case $config in
	base) from=$(built "$root" stock/O.base) ;;
	base-y) from=$(built "$root" patched/O.base stock/O.base) ;;
	base-y-on) from=$(built "$root" patched/O.base-y patched/O.base stock/O.base) ;;
	stock) from=$(built "$root" patched/O.base) ;;
	esac
	if [ -z "$from" ]; then
		mkdir "$tree/$out"
	elif [ "$root/${from%/*}" = "$tree" ]; then
		copy_objects "$tree" "${from#*/}" "$tree" "$out"
	else
		(
			flock 7
			copy_objects "$root/${from%/*}" "${from#*/}" "$tree" "$out"
		) 7> "$root/${from%/*}.lock"
	fi
}

build() {
	local start beat rc=0

	start=$(date +%s)
	say "building the $config kernel (log: $log)"
	: > "$log"
	heartbeat '^  \(CC\|AS\) ' "$log" "building" 9>&- &
	beat=$!
	(cd "$tree" && make O="$out" -j"$JOBS") >> "$log" 2>&1 < /dev/null || rc=$?
	kill "$beat" 2>/dev/null || true
	wait "$beat" 2>/dev/null || true
	if [ $rc != 0 ]; then
		show_errors "$log" >&2
		die "the $config kernel does not build (log: $log)"
	fi
	touch "$tree/$out/.lab-built"
	grep -E -A4 'warning:|WARNING:' "$log" >&2 || true
	say "built in $(($(date +%s) - start)) s, $(grep -c '^  CC ' "$log" || true) objects compiled"
}

store_image() {
	local o=$tree/$out image=$images/$key part=$images/$key.part

	rm -rf "$part"
	mkdir -p "$part"
	(cd "$tree" && make -s O="$out" modules_install INSTALL_MOD_PATH="$part/modules" \
		INSTALL_MOD_STRIP=1) >> "$log" 2>&1 || { tail -5 "$log" >&2; die "modules_install failed"; }
	rm -f "$part"/modules/lib/modules/*/build "$part"/modules/lib/modules/*/source
	cp "$o/arch/x86/boot/bzImage" "$o/System.map" "$part/"
	cp "$o/.config" "$part/config"
	rm -rf "$image"
	mv "$part" "$image"
	find "$images" -mindepth 1 -maxdepth 1 ! -name '*.part' -printf '%T@ %p\n' | sort -rn |
		tail -n +$((KEEP_IMAGES + 1)) | cut -d' ' -f2 | xargs -r rm -rf
}

prepare_tree
configure "$tree" "$out" "$log" "${fragment_files[@]}"
build
store_image
echo "$images/$key"

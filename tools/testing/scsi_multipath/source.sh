#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Provide the pristine kernel tree; its directory's parent, which holds every tree made
# from it, is printed.
#
# Without KSRC: the kernel source package of Debian's backports, pinned by version and
# checksum, fetched through apt with a sources list of its own. With KSRC=dir: a copy of
# that tree, which itself is only read.

. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

PACKAGE=linux-source-7.3
VERSION=7.3.4-1~bpo13+1
SHA256=703e369ddd4cce971452f5a593ee55df3a5c10c83caf0fa0df039633ed181ee3
SUITE=trixie-backports

# The package archive that this machine is configured for.
archive_uri() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | head -1 || true
}

fetch_package() {
	local uri keyring=/usr/share/keyrings/debian-archive-keyring.gpg a=$CACHE/apt
	local -a opt=(-o Dir::Etc::sourcelist="$a/sources.list" -o Dir::Etc::sourceparts=/dev/null
		-o Dir::State::lists="$a/lists" -o Dir::Cache="$a/cache" -o APT::Get::List-Cleanup=0)

	uri=$(archive_uri)
	if [ -z "$uri" ]; then
		apt-get update > "$CACHE/apt.log" 2>&1 || die "apt-get update failed (log: $CACHE/apt.log)"
		uri=$(archive_uri)
	fi
	[ -n "$uri" ] || die "apt knows no package archive"
	mkdir -p "$a/lists/partial" "$a/cache/archives/partial" "$CACHE/dl"
	echo "deb [signed-by=$keyring] $uri $SUITE main" > "$a/sources.list"
	say "downloading $PACKAGE $VERSION"
	(
		cd "$CACHE/dl"
		apt-get "${opt[@]}" update && apt-get "${opt[@]}" download "$PACKAGE=$VERSION"
	) > "$CACHE/apt.log" 2>&1 < /dev/null ||
		{ tail -5 "$CACHE/apt.log" >&2; die "cannot download $PACKAGE=$VERSION"; }
}

unpack_package() {
	local deb=$CACHE/dl/${PACKAGE}_${VERSION}_all.deb part=$CACHE/stock.part

	[ -f "$deb" ] || fetch_package
	echo "$SHA256  $deb" | sha256sum --quiet -c - >&2 || die "$deb: wrong checksum, remove it"
	say "unpacking the kernel source"
	rm -rf "$part"
	mkdir "$part"
	dpkg-deb --fsys-tarfile "$deb" | tar -x -O --wildcards '*/linux-source-*.tar.xz' |
		tar -xJ -C "$part" --strip-components=1
	mv "$part" "$CACHE/stock"
	echo "$VERSION" > "$CACHE/stock.id"
}

# The identity of a foreign tree: a git tree by its commit and changes, another by the
# size and time of each file.
foreign_id() {
	if [ -e "$1/.git" ] && git -C "$1" rev-parse --verify -q HEAD 2>/dev/null; then
		git -C "$1" diff HEAD | sha256sum
	else
		find "$1" -type f -printf '%P %s %T@\n' | sort | sha256sum
	fi
}

copy_foreign() {
	local src=$1 root=$2 id built=

	id=$(foreign_id "$src")
	[ "$id" = "$(cat "$root/stock.id" 2>/dev/null)" ] && return
	[ -f "$src/Kbuild" ] || die "KSRC=$src is not a kernel tree"
	[ -e "$src/.config" ] || [ -e "$src/include/config/auto.conf" ] && built=yes
	say "copying the kernel tree $src"
	mkdir -p "$root/stock"
	rsync -a --chmod=u+w --delete --exclude=/.git --exclude='/O.*' "$src/" "$root/stock/"
	if [ "$built" ]; then
		say "$src has been built in: the copy is cleaned with make mrproper"
		make -C "$root/stock" -s mrproper >&2
	fi
	echo "$id" > "$root/stock.id"
}

if [ -n "${KSRC:-}" ]; then
	src=$(cd "$KSRC" 2>/dev/null && pwd) || die "KSRC=$KSRC: no such directory"
	root=$CACHE/ksrc-$(printf %s "$src" | sha256sum | cut -c1-10)
	mkdir -p "$root"
	exec 8> "$root/source.lock"
	flock 8
	copy_foreign "$src" "$root"
else
	root=$CACHE
	exec 8> "$root/source.lock"
	flock 8
	[ -f "$CACHE/stock.id" ] || unpack_package
fi
echo "$root"

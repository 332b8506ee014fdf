#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Install what the laboratory needs and the machine lacks, saying so once.
#
# usage: packages.sh [check]	"check" adds what only "make check" wants

. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

PACKAGES="build-essential bc bison flex libelf-dev libssl-dev dwarves cpio rsync kmod python3 perl
	xz-utils patch git qemu-system-x86 seabios busybox-static fio sg3-utils lsscsi udev xfsprogs
	e2fsprogs open-iscsi iproute2 nftables multipath-tools dmsetup util-linux strace psmisc
	fdisk"
CHECK_PACKAGES="sparse shellcheck codespell python3-sphinx"

[ "${1:-}" = check ] && PACKAGES="$PACKAGES $CHECK_PACKAGES"

missing=""
for p in $PACKAGES; do
	case $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) in
	*" installed") ;;
	*) missing="$missing $p" ;;
	esac
done
[ -z "$missing" ] && exit 0

[ "$(id -u)" = 0 ] || die "these packages are missing and only root can install them:$missing"
say "installing packages:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$CACHE/apt.log
# shellcheck disable=SC2086
{ apt-get update && apt-get install -y --no-install-recommends $missing; } > "$log" 2>&1 < /dev/null ||
	{ tail -20 "$log" >&2; die "apt-get failed (log: $log)"; }
say "packages installed"

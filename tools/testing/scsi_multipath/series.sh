#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Write the series as mails, ready for git send-email, with a cover letter.
#
# usage: series.sh DIR

. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
. "$LAB/series-git.sh"

out=${1:-out}
mkdir -p "$out"
out=$(cd "$out" && pwd)
"$LAB/packages.sh"
root=$("$LAB/source.sh")
assemble "$root"

rm -f "$out"/*.patch
# The cover letter comes from whom the last patch comes from.
GIT_COMMITTER_NAME=$(git log -1 --format=%an series) \
GIT_COMMITTER_EMAIL=$(git log -1 --format=%ae series) \
	git format-patch -q --cover-letter --numbered --no-signature --subject-prefix=PATCH \
		-o "$out" stock..series
"$LAB/cover-letter.py" "$REPO/patches/cover-letter" "$out/0000-cover-letter.patch"
say "$(find "$out" -name '[0-9]*.patch' | wc -l) mails in $out"
[ -z "${CHECK_AM:-}" ] || { check_am "$root" "$out" || die "git am does not give the assembled tree"; }

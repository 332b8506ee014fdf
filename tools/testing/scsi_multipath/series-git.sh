# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The series as commits on a branch of the whole kernel tree, in a git directory of the
# cache: refs/heads/stock is the kernel, refs/heads/series the patches on it.
#
# Sourced after env.sh. assemble ROOT sets GIT_DIR.

assemble() {
	local root=$1

	export GIT_DIR=$root/series.git GIT_AUTHOR_NAME=lab GIT_AUTHOR_EMAIL=lab@invalid
	export GIT_COMMITTER_NAME=lab GIT_COMMITTER_EMAIL=lab@invalid
	exec 6> "$root/series.git.lock"
	flock 6
	if [ "$(cat "$GIT_DIR/lab-id" 2>/dev/null)" != "$(cat "$root/stock.id")" ]; then
		say "putting the kernel tree into git, once"
		rm -rf "$GIT_DIR"
		git init -q --bare "$GIT_DIR"
		git config core.looseCompression 1
		git config core.fsync none
		git config core.bare false
		git config gc.auto 0
		printf '/O.*\n' > "$GIT_DIR/info/exclude"
		# what the tree's own .gitignore names counts too, what we keep in it does not
		(
			cd "$root/stock"
			GIT_WORK_TREE=. git add -A -f -- . ':(exclude,glob)O.*' ':(exclude,glob)O.*/**'
			GIT_WORK_TREE=. git commit -q -m "Linux kernel, as packaged"
		)
		git branch -q -M stock
		cp "$root/stock.id" "$GIT_DIR/lab-id"
		say "kernel tree is in git"
	fi
	git update-ref -d refs/heads/series 2>/dev/null || true
	python3 "$LAB/series.py" --stock "$root/stock" commits | git fast-import --quiet --force --done --date-format=rfc2822 ||
		die "the series cannot be assembled"
}

# check_am ROOT MAILS: the mails, applied to the kernel by git am, give the assembled tree,
# byte for byte, over all files of the kernel. Only what the series touches is checked out.
check_am() {
	local mails=$2 work=$1/am rc=0

	git worktree remove --force "$work" 2>/dev/null || rm -rf "$work"
	git worktree prune
	git worktree add -q --no-checkout --detach "$work" stock
	(
		unset GIT_DIR
		cd "$work"
		git sparse-checkout set --no-cone --stdin < <(git diff --name-only stock series | sed 's,^,/,')
		git checkout -q --detach stock
		find "$mails" -name '[0-9]*.patch' ! -name '0000-*' | sort | xargs git am -q
		[ "$(git rev-parse 'HEAD^{tree}')" = "$(git rev-parse 'series^{tree}')" ]
	) >&2 || rc=1
	git worktree remove --force "$work"
	return $rc
}

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Look at the series, or turn it into commits.

    series.py --stock DIR check			every complaint about the series; status 1 if any
    series.py --stock DIR lines			changed lines of existing files
    series.py --stock DIR list			N, name and subject of each patch
    series.py --stock DIR tree N --tree DIR	make DIR equal the stock tree + patches 1..N
    series.py --stock DIR keys			N and a digest of what is built after it
    series.py --stock DIR objects N		.c files that patches 1..N brought
    series.py --stock DIR commits		the series for git fast-import, onto refs/heads/stock
"""
import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import assemble
import patchfile
import treesync
from overlay import REPO

LIMIT = 200


def check(series, _args):
    for complaint in series.complaints:
        print(complaint)
    print(f"{len(series.steps)} patches, {len(series.overlay)} new files, {len(series.complaints)} complaints")
    return 1 if series.complaints or not series.steps else 0


def lines(series, _args):
    count = series.changed_lines()
    print(f"existing C files and headers: {count['C']} changed lines (must be < {LIMIT}); "
          f"scsi_dh_alua.c and scsi_debug.c: {count['apart']}; "
          f"Kconfig, Makefile, MAINTAINERS, Documentation: {count['other']}")
    return 0 if count["C"] < LIMIT else 1


def list_patches(series, _args):
    for n, step in enumerate(series.steps, 1):
        print(f"{n}\t{step.patch.name}\t{step.patch.subject}")
    return 0


def tree(series, args):
    state = series.steps[args.n - 1].state if args.n else {}
    treesync.sync(series.stock, args.tree, state)
    return 0


def objects(series, args):
    for path in sorted(series.steps[args.n - 1].brought):
        if path.endswith(".c") and path.startswith(("drivers/", "lib/")):
            print(path)
    return 0


def keys(series, _args):
    for n, step in enumerate(series.steps, 1):
        print(f"{n} {treesync.key(step.state)}")
    return 0


def identity(patch):
    """Author of a patch: its From line, else its first Signed-off-by."""
    m = re.search(r"^Signed-off-by: (.*<.*>)", patch.message, re.M)
    return patch.author or (m[1] if m else "Unknown <unknown@invalid>")


def when(patch):
    """Its Date line, else the time of the repository's last commit: the same input, the same mails."""
    if patch.date:
        return patch.date
    r = subprocess.run(["git", "-C", REPO, "log", "-1", "--format=%cD"], capture_output=True, text=True, check=False)
    return r.stdout.strip() or time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())


def commits(series, _args):
    out = sys.stdout.buffer

    def data(content):
        out.write(b"data %d\n%s\n" % (len(content), content))

    before = {}
    print("feature done", flush=True)
    for n, step in enumerate(series.steps, 1):
        patch = step.patch
        out.write(f"commit refs/heads/series\nmark :{n}\nauthor {identity(patch)} {when(patch)}\n"
                  f"committer {identity(patch)} {when(patch)}\n".encode())
        data(f"{patch.subject}\n\n{patch.message}".encode())
        out.write(f"from {'refs/heads/stock^0' if n == 1 else f':{n - 1}'}\n".encode())
        for path, file in sorted(step.state.items()):
            if before.get(path) != file:
                out.write(f"M {'100755' if file[1] else '100644'} inline {path}\n".encode())
                data(file[0])
        for path in sorted(set(before) - set(step.state)):
            out.write(f"D {path}\n".encode())
        before = step.state
    out.write(b"done\n")
    return 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--stock", type=Path, required=True)
    p.add_argument("--tree", type=Path)
    p.add_argument("what", choices=["check", "lines", "list", "tree", "keys", "objects", "commits"])
    p.add_argument("n", type=int, nargs="?", default=0)
    args = p.parse_args()
    what = {"check": check, "lines": lines, "list": list_patches, "tree": tree, "keys": keys, "objects": objects,
            "commits": commits}[args.what]
    try:
        return what(assemble.Series(args.stock), args)
    except patchfile.PatchError as e:
        print(f"The series does not fit {os.environ.get('KSRC') or 'the packaged kernel'}:\n{e}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

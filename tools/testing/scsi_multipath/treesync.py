#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Make a kernel tree equal kernel + overlay + hunks, touching only files whose content differs.

    treesync.py --stock DIR --tree DIR	sync; DIR.manifest lists what differs from the stock tree
				and DIR.key has a digest of what the build depends on
    treesync.py --stock DIR --key	print that digest without a tree

Content decides, never time: a file that stays the same keeps its time, so make rebuilds what
a change asks for and nothing else, and a fresh checkout rebuilds nothing.
"""
import argparse
import hashlib
import os
import sys
from pathlib import Path

import hunks
import overlay
import patchfile


def wanted_files(stock):
    """All that differs from the stock tree: {path: (content, executable)}."""
    def pristine(path):
        file = stock / path
        return file.read_bytes() if file.is_file() else None

    changed = {}
    for patch in patchfile.series():
        hunks.apply_patch(patch, pristine, changed)
    state = {path: (content, os.access(stock / path, os.X_OK)) for path, content in changed.items()}
    for path, file in overlay.load().items():
        if path in state or (stock / path).exists():
            raise patchfile.PatchError(f"{path} is a file of this kernel: change it by a hunk")
        state[path] = file
    return state


def key(state):
    """Digest of what the kernel is built from."""
    h = hashlib.sha256()
    for path, (content, _) in sorted(state.items()):
        if not path.startswith(("Documentation/", "tools/", "MAINTAINERS")):
            h.update(path.encode() + b"\0" + hashlib.sha256(content).digest())
    return h.hexdigest()


def write(path, content, executable):
    """Replaces the file, so that nobody who has it open or linked sees it change."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".lab-part")
    part.write_bytes(content)
    part.chmod(0o755 if executable else 0o644)
    part.rename(path)


def sync(stock, tree, state):
    """Makes tree equal stock + state; returns the paths that changed."""
    manifest = Path(f"{tree}.manifest")
    before = set(manifest.read_text().split("\n")) - {""} if manifest.exists() else set()
    manifest.write_text("\n".join(sorted(before | set(state))) + "\n")	# also if we are interrupted
    changed = []
    for path, (content, executable) in sorted(state.items()):
        file = tree / path
        if not file.is_file() or file.read_bytes() != content:
            write(file, content, executable)
            changed.append(path)
        elif os.access(file, os.X_OK) != executable:
            file.chmod(0o755 if executable else 0o644)
    for path in sorted(before - set(state)):
        file = tree / path
        if (stock / path).exists():
            pristine = (stock / path).read_bytes()
            if not file.is_file() or file.read_bytes() != pristine:
                write(file, pristine, os.access(stock / path, os.X_OK))
                changed.append(path)
        elif file.exists():
            file.unlink()
            changed.append(path)
            if not any(file.parent.iterdir()):
                file.parent.rmdir()
    manifest.write_text("\n".join(sorted(state)) + "\n")
    Path(f"{tree}.key").write_text(key(state) + "\n")
    kconfig = hashlib.sha256()
    for path in sorted(p for p in state if "Kconfig" in Path(p).name):
        kconfig.update(path.encode() + b"\0" + state[path][0])
    Path(f"{tree}.kconfig-id").write_text(kconfig.hexdigest() + "\n")
    return changed


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--key", action="store_true")
    p.add_argument("--stock", type=Path, required=True)
    p.add_argument("--tree", type=Path)
    args = p.parse_args()
    try:
        state = wanted_files(args.stock)
        if args.key:
            print(key(state))
            return 0
        changed = sync(args.stock, args.tree, state)
    except patchfile.PatchError as e:
        print(f"The series does not fit {os.environ.get('KSRC') or 'the packaged kernel'}:\n{e}", file=sys.stderr)
        return 1
    if changed:
        shown = " ".join(changed[:6]) + (" ..." if len(changed) > 6 else "")
        print(f"    {len(changed)} file(s) changed: {shown}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: GPL-2.0
"""Apply the diffs of a patch to file contents. As strict as git: every line of context must
match; only the place may differ."""
from patchfile import PatchError


def _find(lines, old, guess):
    """Where old stands in lines, the nearest to guess; None if nowhere."""
    last = len(lines) - len(old)
    for distance in range(max(guess, last - guess) + 1 if last >= 0 else 0):
        for at in {guess - distance, guess + distance}:
            if 0 <= at <= last and lines[at:at + len(old)] == old:
                return at
    return None


def apply_file(content, hunks):
    """Returns (new content, hunks that do not apply)."""
    lines = content.splitlines(keepends=True)
    failed, shift = [], 0
    for hunk in hunks:
        old = hunk.old()
        at = _find(lines, old, hunk.start - (1 if old else 0) + shift)
        if at is None:
            failed.append(hunk)
            continue
        new = hunk.new()
        lines[at:at + len(old)] = new
        shift = at + len(new) - (hunk.start - 1) - len(old)
    return b"".join(lines), failed


def apply_patch(patch, read, state):
    """Applies a patch to state {path: content}; read(path) gives the pristine content or None.
    Raises PatchError that names every hunk that does not apply."""
    complaints = []
    for path, file_hunks in patch.diffs.items():
        content = state.get(path)
        if content is None:
            content = read(path)
        if content is None:
            complaints.append(f"{path}: no such file in this kernel (patches/{patch.name})")
            continue
        state[path], failed = apply_file(content, file_hunks)
        for hunk in failed:
            complaints.append(f"{path}: hunk {file_hunks.index(hunk) + 1} of patches/{patch.name} "
                              f"does not apply: {hunk.head}")
    if complaints:
        raise PatchError("\n".join(complaints))

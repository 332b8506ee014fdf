# SPDX-License-Identifier: GPL-2.0
"""The state of the tree after each patch of the series, and what is wrong with the series."""
import os
from dataclasses import dataclass
from pathlib import Path

import buildfiles
import hunks
import overlay
import patchfile

# Counted apart: files of which much is data, text or a driver's own rewrite.
APART = ("drivers/scsi/device_handler/scsi_dh_alua.c", "drivers/scsi/scsi_debug.c")


@dataclass
class Step:
    """After patch: all files that differ from the stock kernel, {path: (content, executable)}."""
    patch: patchfile.Patch
    state: dict
    brought: set		# overlay files of patches 1..N


class Series:
    def __init__(self, stock):
        self.stock = Path(stock)
        self.patches = patchfile.series()
        self.overlay = overlay.load()
        self.build_files = {p: c.decode() for p, (c, _) in self.overlay.items() if buildfiles.is_build_file(p)}
        self.complaints = [f"{name} is not in patches/series" for name in patchfile.unlisted()]
        self._check_new_files()
        self.steps = self._assemble()
        self._check_result()

    def pristine(self, path):
        file = self.stock / path
        return file.read_bytes() if file.is_file() else None

    def _check_new_files(self):
        bringer = {}
        for patch in self.patches:
            for path in patch.new_files:
                if path not in self.overlay:
                    self.complaints.append(f"{patch.name}: New-file: {path} is not in the overlay")
                elif path in bringer:
                    self.complaints.append(f"{patch.name}: {path} was brought by {bringer[path]}")
                bringer.setdefault(path, patch.name)
            if not patch.new_files and not patch.diffs:
                self.complaints.append(f"{patch.name}: brings nothing")
            if "Signed-off-by: " not in patch.message:
                self.complaints.append(f"{patch.name}: no Signed-off-by")
        for path in self.overlay:
            if path not in bringer and path not in self.build_files:
                self.complaints.append(f"{path}: no patch brings it")
            if self.pristine(path) is not None:
                self.complaints.append(f"{path} is a file of this kernel: change it by a hunk")

    def _assemble(self):
        changed, steps, brought = {}, [], set()
        for patch in self.patches:
            hunks.apply_patch(patch, self.pristine, changed)
            brought |= {p for p in patch.new_files if p in self.overlay}
            files = {p: (c, os.access(self.stock / p, os.X_OK)) for p, c in changed.items()}
            files.update((p, self.overlay[p]) for p in brought if p not in self.build_files)
            steps.append(Step(patch, files, set(brought)))
        # only files whose first bringer has come may appear before their time
        declared = {p for patch in self.patches for p in patch.new_files}
        final = {p: c for p, (c, _) in steps[-1].state.items()} if steps else {}
        for step in steps:
            others = {p: c for p, (c, _) in step.state.items()}
            ours = {p: t for p, t in self.build_files.items() if p in step.brought or p not in declared}
            cut, missing = buildfiles.cut(ours, others, final,
                                          lambda p, others=others: p in others or (self.stock / p).exists())
            self.complaints += [f"{step.patch.name}: {m}" for m in missing]
            step.state.update((p, (t.encode(), self.overlay[p][1])) for p, t in cut.items() if t)
        return steps

    def _check_result(self):
        if not self.steps:
            return
        state = self.steps[-1].state
        for path, file in self.overlay.items():
            if path in state and state[path] != file:
                lost = set(file[0].splitlines()) - set(state[path][0].splitlines())
                self.complaints.append(f"{path}: the last patch leaves out: " +
                                       (b" / ".join(sorted(lost)).decode() or "its mode"))
            elif path not in state and path in self.build_files:
                self.complaints.append(f"{path}: nothing of it is left after the last patch")

    def changed_lines(self):
        """{'existing C files and headers': n, ...}: lines added plus removed, by kind."""
        count = {"C": 0, "apart": 0, "other": 0}
        for patch in self.patches:
            for path, file_hunks in patch.diffs.items():
                kind = "apart" if path in APART else \
                    "C" if path.endswith((".c", ".h", ".S")) and not path.startswith("Documentation/") else "other"
                count[kind] += sum(h.changed() for h in file_hunks)
        return count

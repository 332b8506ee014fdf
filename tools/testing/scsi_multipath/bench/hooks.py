# SPDX-License-Identifier: GPL-2.0
"""The success path of a plain disk, stock kernel against ours, instruction by instruction.

One read of a disk that is not multipathed is recorded on both kernels (insntrace.py). What the
functions of the SCSI core and of sd executed is compared by the kernels' own machine code: no load,
branch or call may have been added. The block layer's search for a tag takes a few instructions more
or less from one boot to the next, so it is left out of the sum; pathlen has it, over many reads.
Functions whose size changed are counted: "cold" ones are not
entered by a successful read.
"""
import difflib
import re
import sys
from collections import Counter, defaultdict

import guests
import insntrace
import kernelcode

from figures import Figure

TOLERANCE = 8
KINDS = ("load", "branch", "call")
HOOKED = re.compile(r"_*(scsi|sd|sdev)_")
TAG_SEARCH = re.compile(r"_*sbitmap_")


class Executed:
    """What one read executed: by function the number of instructions and of each kind."""

    def __init__(self, config, what="raw"):
        self.symbols, self.pcs = insntrace.trace(config, what)
        self.count = Counter(self.symbols.find(pc)[0] for pc in self.pcs)
        self.config = config

    def length(self):
        return sum(n for name, n in self.count.items() if not TAG_SEARCH.match(name))

    def kinds(self, scratch):
        elf = f"{scratch}/{self.config}.elf"
        kernelcode.extract_vmlinux(guests.image(self.config) / "bzImage", elf)
        by_function = defaultdict(set)
        for pc in self.pcs:
            by_function[self.symbols.find(pc)[0]].add(pc)
        code = {}
        for pcs in by_function.values():
            code.update(kernelcode.disassemble(elf, min(pcs), max(pcs) + 16))
        kinds = defaultdict(Counter)
        self.listing = defaultdict(list)
        for pc in self.pcs:
            # Code that the kernel patches at boot is not in the image: the same in both kernels.
            insn = code.get(pc, ("patched", ""))
            function = self.symbols.find(pc)[0]
            kinds[function][kernelcode.kind(insn)] += 1
            self.listing[function].append(kernelcode.normal(insn))
        return kinds

    def sizes(self):
        symbols = self.symbols
        return {name: nxt - addr for name, addr, nxt
                in zip(symbols.names, symbols.addrs, symbols.addrs[1:])}


def show_difference(stock, ours):
    """What was executed, stock and ours, as a diff."""
    for line in difflib.unified_diff(stock, ours, "stock", "ours", n=1, lineterm=""):
        print(f"        {line}", file=sys.stderr)


def total(kinds, kind):
    return sum(k[kind] for f, k in kinds.items() if HOOKED.match(f))


def run(report):
    stock, ours = Executed("stock"), Executed("base")
    with guests.scratch() as tmp:
        before, after = stock.kinds(tmp), ours.kinds(tmp)
    report.add("hooks.executed.stock", Figure([stock.length()], "instructions"))
    report.add("hooks.executed.added", Figure([ours.length() - stock.length()], "instructions"),
               f"abs <= {TOLERANCE}")
    for kind in KINDS:
        added = total(after, kind) - total(before, kind)
        report.add(f"hooks.executed.added.{kind}", Figure([added], "instructions"), "<= 0")

    differ = sorted(f for f in before.keys() | after.keys() if before[f] != after[f])
    for f in differ:
        parts = [f"{k} {before[f][k]} -> {after[f][k]}" for k in (*KINDS, "other") if before[f][k] != after[f][k]]
        guests.say(f"hooks: {f}: {', '.join(parts)}")
        if HOOKED.match(f):
            show_difference(stock.listing[f], ours.listing[f])
    report.add("hooks.functions.executed", Figure([len(after)], "functions"))
    report.add("hooks.functions.executed.differ", Figure([len(differ)], "functions"))

    old, new = stock.sizes(), ours.sizes()
    resized = sorted(f for f in old.keys() & new.keys() if old[f] != new[f])
    cold = [f for f in resized if f not in after]
    guests.say("hooks: of another size, not entered by a read: " +
               " ".join(f"{f}({new[f] - old[f]:+d})" for f in cold))
    guests.say("hooks: of another size, entered: " +
               " ".join(f"{f}({new[f] - old[f]:+d})" for f in resized if f in after))
    report.add("hooks.functions.resized.cold", Figure([len(cold)], "functions"))
    report.add("hooks.functions.resized.entered", Figure([len(resized) - len(cold)], "functions"))

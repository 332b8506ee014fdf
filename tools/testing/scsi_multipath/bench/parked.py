# SPDX-License-Identifier: GPL-2.0
"""10,000 reads wait for a path; how long until all have ended when one is back.

"drain" is from the first completion to the last, "last" counts from the start of the command that
brings the path back (a shell, or dmsetup: its own start-up is in it), "live" is what the same reads
take on the same disk when they need not wait.
"""
import guests
from figures import Figure

BIOS = 10000


def run(report):
    got = guests.run("base", "parked.sh", {"BENCH_BIOS": str(BIOS)}, {"VM_CPUS": "2"}).samples
    for what in ("head", "dm"):
        name = f"parked.{what}"
        if f"{name}.last" not in got:
            report.absent(f"{name}.drain", "not measured")
            continue
        times = zip(got[f"{name}.first"], got[f"{name}.last"])
        gate = what == "head"
        report.add(f"{name}.waiting", Figure(got[f"{name}.waiting"], "bios"), f">= {BIOS}" if gate else None)
        report.add(f"{name}.failed", Figure(got[f"{name}.failed"], "bios"), "<= 0" if gate else None)
        report.add(f"{name}.drain", Figure([last - first for first, last in times], "ms"))
        report.add(f"{name}.last", Figure(got[f"{name}.last"], "ms"))
        report.add(f"{name}.live", Figure(got[f"{name}.live.last"], "ms"))

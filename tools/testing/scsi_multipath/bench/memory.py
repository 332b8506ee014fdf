# SPDX-License-Identifier: GPL-2.0
"""Memory per head and per path, from the growth of the kernel's memory over many logical units.

N and 2 N units over one host and over two, as ordinary disks and as heads: what N more units cost,
so that nothing that a module or a host costs once is counted. "disk" is one more ordinary disk (with
its elevator, which the hidden disk of a path has not), "path" one more path with its SCSI device and
hidden disk, "head" the head itself, without paths.
"""
import guests
from figures import Derived, Figure

LUNS = 8


def run(report):
    got = guests.run("base", "memory.sh", {"BENCH_LUNS": str(LUNS)}, {"VM_CPUS": "2"}, timeout=900)
    grown = {n: Figure(v, "kB") for n, v in got.samples.items()}

    def more_units(kind, hosts):
        return grown[f"memory.{kind}.{hosts}.{2 * LUNS}"].minus(grown[f"memory.{kind}.{hosts}.{LUNS}"])

    report.add("memory.disk", per_unit(more_units("disk", 1)))
    if f"memory.head.1.{LUNS}" not in grown:
        report.absent("memory.head", "not measured")
        return
    one, two = more_units("head", 1), more_units("head", 2)
    path = two.minus(one)
    report.add("memory.path", per_unit(path))
    report.add("memory.head", per_unit(one.minus(path)))


def per_unit(figure):
    return Derived(figure.value / LUNS, figure.unit, figure.spread / LUNS)

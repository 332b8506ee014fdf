# SPDX-License-Identifier: GPL-2.0
"""Memory per head and per path, from the growth of the kernel's memory over many logical units.

N units over one host and over two, as ordinary disks and as heads. "path" is what being a path
costs a disk more than being an ordinary one, "head" the head itself, without paths.
"""
import guests
from figures import Derived, Figure

LUNS = 16


def run(report):
    got = guests.run("base", "memory.sh", {"BENCH_LUNS": str(LUNS)}, {"VM_CPUS": "2"}).samples
    grown = {n: Figure(v, "kB") for n, v in got.items()}
    disk1, disk2 = grown["memory.disk.one"], grown["memory.disk.two"]
    report.add("memory.disk", per_unit(disk2.minus(disk1)))
    head1, head2 = grown.get("memory.head.one"), grown.get("memory.head.two")
    if not head1 or not head2:
        report.absent("memory.head", "not measured")
        return
    path = head2.minus(head1)
    report.add("memory.path", per_unit(path.minus(disk2.minus(disk1))))
    report.add("memory.head", per_unit(head1.minus(path)))


def per_unit(figure):
    return Derived(figure.value / LUNS, figure.unit, figure.spread / LUNS)

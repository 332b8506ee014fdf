# SPDX-License-Identifier: GPL-2.0
"""Memory per head and per path, from the growth of the kernel's memory over many logical units.

N units over one host and over two, as ordinary disks and as heads. "disk" is one more ordinary disk
(with its elevator, which the hidden disk of a path has not), "path" one more path with its SCSI
device and hidden disk, "head" the head itself, without paths.
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
    path, hosts = head2.minus(head1), disk1.minus(disk2.minus(disk1))
    report.add("memory.path", per_unit(path))
    # What the first host costs besides its disks is in head1 as it is in disk1.
    report.add("memory.head", per_unit(head1.minus(path).minus(hosts)))


def per_unit(figure):
    return Derived(figure.value / LUNS, figure.unit, figure.spread / LUNS)

# SPDX-License-Identifier: GPL-2.0
"""Throughput at queue depth 32 on two virtual CPUs: ratios to the raw disk and to dm. No gate."""
import guests
from figures import Figure

HEADS = ("head.numa", "head.round-robin", "head.queue-depth")
DM = ("dm.bio.round-robin", "dm.bio.service-time", "dm.rq.round-robin")


def run(report):
    got = guests.run("base", "throughput.sh", {}, {"VM_CPUS": "2"}, timeout=900)
    iops = {n: Figure(v, "IOPS") for n, v in got.samples.items()}
    raw = iops["throughput.raw"]
    report.add("throughput.raw", raw)
    for name in (*HEADS, *DM):
        figure = iops.get(f"throughput.{name}")
        if figure:
            report.add(f"throughput.{name}/raw", figure.over(raw))
        else:
            report.absent(f"throughput.{name}/raw", "not measured")
    for head in HEADS:
        for dm in DM:
            one, other = iops.get(f"throughput.{head}"), iops.get(f"throughput.{dm}")
            if one and other:
                report.add(f"throughput.{head}/{dm}", one.over(other))

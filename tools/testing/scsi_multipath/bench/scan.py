# SPDX-License-Identifier: GPL-2.0
"""Scan of many devices with target port groups, on the stock kernel and on ours in turns."""
import os

import guests
from figures import Figure

BOOTS = 5
LUNS = 256		# behind each of 4 hosts
LIMIT = 1.25


def run(report):
    got = {}
    for _ in range(int(os.environ.get("BENCH_BOOTS") or BOOTS)):
        for what, config in (("stock", "stock"), ("ours", "base")):
            env = {"BENCH_WHAT": what, "BENCH_LUNS": os.environ.get("BENCH_LUNS") or str(LUNS)}
            for name, samples in guests.run(config, "scan.sh", env, {"VM_CPUS": "2"}, timeout=900).samples.items():
                got.setdefault(name, []).extend(samples)
    figures = {name: Figure(samples, "ms") for name, samples in got.items()}
    for name, figure in figures.items():
        report.add(name, figure)
    for name in ("scanned", "disks"):
        report.add(f"scan.ours.{name}/stock", figures[f"scan.ours.{name}"].over(figures[f"scan.stock.{name}"]),
                   f"<= {LIMIT}")

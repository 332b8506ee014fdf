# SPDX-License-Identifier: GPL-2.0
"""Failover latency: from the failed completion of a request to its re-issue on another path.

Both heads and dm-multipath with the packaged multipathd are measured by the same tracepoints of
the block layer, on the same LIO disk under the same verified load. Each loss counts with its
slowest request. "requeue" is the library's own part, by its tracepoint.
"""
import os
from statistics import quantiles

import guests
from figures import Derived, Figure

LOSSES = 200
P99_LIMIT = 10		# ms


def put_percentiles(report, name, samples, gate=None):
    if len(samples) < 2:
        report.absent(f"{name}.p99", "too few losses", gate)
        return
    cut = quantiles(samples, n=100, method="inclusive")
    # The spread of a percentile: its difference between the two halves of the run.
    halves = [quantiles(samples[i::2], n=100, method="inclusive") for i in (0, 1)] \
        if len(samples) >= 4 else [cut, cut]
    for label, i, limit in (("p50", 49, None), ("p99", 98, gate)):
        report.add(f"{name}.{label}", Derived(cut[i], "ms", abs(halves[0][i] - halves[1][i])), limit)
    report.add(f"{name}.max", Figure([max(samples)], "ms"))


def run(report):
    losses = int(os.environ.get("BENCH_LOSSES") or LOSSES)
    for what in ("head", "dm"):
        gate = f"<= {P99_LIMIT}" if what == "head" else None
        name = f"failover.{what}"
        try:
            got = guests.run("base", "failover.sh", {"BENCH_WHAT": what, "BENCH_LOSSES": str(losses)},
                             {"VM_CPUS": "2"}, timeout=300 + 4 * losses).samples
        except guests.GuestFailed as e:
            report.absent(f"{name}.reissue.p99", str(e), gate)
            continue
        waits = got.get(f"{name}.reissue", [])
        report.add(f"{name}.losses", Figure([len(waits)], "losses"),
                   f">= {losses}" if what == "head" else None)
        put_percentiles(report, f"{name}.reissue", waits, gate)
        if f"{name}.requeue" in got:
            put_percentiles(report, f"{name}.requeue", got[f"{name}.requeue"])
        report.add(f"{name}.fio.stall", Figure(got[f"{name}.fio.stall"], "ms"))
        report.add(f"{name}.fio.errors", Figure(got[f"{name}.fio.errors"], "errors"),
                   "<= 0" if what == "head" else None)

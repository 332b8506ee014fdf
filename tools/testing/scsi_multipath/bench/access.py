# SPDX-License-Identifier: GPL-2.0
"""How soon a changed access state is known: from the unit attention to the stored state."""
import os

import guests
from failover import put_percentiles

CHANGES = 200
P99_LIMIT = 100		# ms


def run(report):
    changes = int(os.environ.get("BENCH_CHANGES") or CHANGES)
    got = guests.run("base", "access.sh", {"BENCH_CHANGES": str(changes)}, {"VM_CPUS": "2"},
                     timeout=300 + changes).samples
    for what in ("idle", "load"):
        name = f"access.{what}"
        put_percentiles(report, name, got.get(name, []), f"<= {P99_LIMIT}")

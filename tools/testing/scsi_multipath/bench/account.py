# SPDX-License-Identifier: GPL-2.0
"""Where the instructions go that a head, or dm in bio mode, adds to a read: the dearest functions."""
from figures import Figure
from hooks import Executed

SHOWN = 15


def run(report):
    raw = Executed("base")
    for what in ("head/numa", "dm/round-robin"):
        count = Executed("base", what).count
        added = {f: count[f] - raw.count[f] for f in count.keys() | raw.count.keys()}
        name = "account." + what.replace("/", ".")
        report.add(name, Figure([sum(added.values())], "instructions"))
        order = sorted((f for f in added if added[f]), key=lambda f: -abs(added[f]))
        for f in order[:SHOWN]:
            report.add(f"{name}.{f}", Figure([added[f]], "instructions"))
        rest = sum(added[f] for f in order[SHOWN:])
        report.add(f"{name}.(rest)", Figure([rest], "instructions"))

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""How long a failed request waited for its re-issue, from block layer tracepoints.

    reissue.py NAME TOP TRACE

TRACE holds the trace of each loss after a line "# loss ...". A request that fails on a path
(block_rq_complete, traced only with an error) is followed by the next issue of the same sector to
a path (block_rq_issue). TOP, MAJ:MIN, is the multipath disk itself, whose own requests (dm in
request mode has some) do not count. One figure line per loss: its slowest request. A request
without a re-issue counts with the rest of the trace, so it cannot look fast.
"""
import re
import sys

EVENT = re.compile(r" (?P<secs>\d+\.\d+): (?P<event>\w+): (?P<text>.*)")
REQUEST = re.compile(r"(?P<dev>\d+,\d+) (?P<rwbs>[A-Z]+) .*?\((?P<cmd>.*?)\) (?P<sector>\d+) \+ (?P<len>\d+) ")
REISSUE = re.compile(r"\bns=(\d+)")


def losses(path):
    events = []
    with open(path, encoding="utf-8", errors="replace") as trace:
        for line in trace:
            if line.startswith("# loss"):
                if events:
                    yield events
                events = []
            elif m := EVENT.search(line):
                events.append((float(m["secs"]), m["event"], m["text"]))
    if events:
        yield events


def slowest(events, top):
    """Seconds that the slowest request of one loss waited, and how many requests failed."""
    failed, waits = {}, []
    for secs, event, text in events:
        m = REQUEST.match(text)
        if not m or m["dev"] == top or m["len"] == "0":
            continue
        if event == "block_rq_complete":
            failed.setdefault(m["sector"], secs)
        elif event == "block_rq_issue" and m["sector"] in failed:
            waits.append(secs - failed.pop(m["sector"]))
    lost = len(failed)
    waits += [events[-1][0] - secs for secs in failed.values()]
    return (max(waits) if waits else None), len(waits), lost


def main():
    name, top, trace = sys.argv[1], sys.argv[2].strip().replace(":", ","), sys.argv[3]
    requests = 0
    for events in losses(trace):
        wait, count, lost = slowest(events, top)
        requests += count
        if lost:
            print(f"{lost} failed requests were not seen again")
        if wait is not None:
            print(f"@bench failover.{name}.reissue {wait * 1000:.3f}")
        parked = [int(m[1]) for _, event, text in events
                  if event == "mpath_reissue" and (m := REISSUE.search(text))]
        if parked:
            print(f"@bench failover.{name}.requeue {max(parked) / 1e6:.6f}")
    print(f"@bench failover.{name}.requests {requests}")


if __name__ == "__main__":
    main()

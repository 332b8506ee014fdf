#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Lose paths in turns and keep the trace of each loss.

    lose_paths.py COUNT OUT MAP PORT=DEVICE...

PORT is the directory of a tcm_loop port in configfs, DEVICE the directory of the path's SCSI device.
MAP names a dm map, or is - for a head. A path that came back is made usable at once (a probe by
rescan, dm's reinstate message): the loss is measured, not a polling interval. One process does it
all, because a shell would spend more time in starting commands than the kernel in failing over.
"""
import re
import subprocess
import sys
import time
from pathlib import Path

TRACE = Path("/sys/kernel/tracing")
FAILED = re.compile(r"block_rq_complete: .* \+ [1-9]")
SETTLE = 0.15		# seconds of tracing after the first failure
USABLE = {"optimized", "non-optimized", "symmetric", "unknown"}


def wait_for(secs, what, condition):
    end = time.monotonic() + secs
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"bench: not within {secs} s: {what}")
        time.sleep(0.02)


class HeadPath:
    """A path of a native head."""

    def __init__(self, device):
        self.device = device

    def back(self):
        (self.device / "rescan").write_text("1")

    def usable(self):
        return (self.device / "mpath/path_state").read_text().strip() in USABLE


class DmPath:
    """A path of a dm-multipath map."""

    def __init__(self, device, dm_map):
        self.dev = next((device / "block").glob("*/dev")).read_text().strip()
        self.map = dm_map

    def back(self):
        subprocess.run(["dmsetup", "message", self.map, "0", f"reinstate_path {self.dev}"], check=True)

    def usable(self):
        status = subprocess.run(["dmsetup", "status", self.map], check=True, capture_output=True, text=True)
        return f" {self.dev} A " in status.stdout


def lose(port, path, out):
    """Cuts a path and makes it usable again. False if no I/O has met the loss: dm may learn of it
    from multipathd, or from a command of its device handler."""
    (TRACE / "trace").write_text("")
    (TRACE / "tracing_on").write_text("1")
    (port / "transport_status").write_text("offline")
    wait_for(20, f"failed I/O on {port}", lambda: FAILED.search((TRACE / "trace").read_text()) or not path.usable())
    time.sleep(SETTLE)
    (TRACE / "tracing_on").write_text("0")
    trace = (TRACE / "trace").read_text()
    met = bool(FAILED.search(trace))
    if met:
        out.write(f"# loss of {port}\n" + trace)
    (port / "transport_status").write_text("online")
    path.back()
    wait_for(60, f"{port} usable again", path.usable)
    return met


def main():
    count, name, dm_map = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    paths = []
    for arg in sys.argv[4:]:
        port, _, device = arg.partition("=")
        device = Path(device)
        paths.append((Path(port), HeadPath(device) if dm_map == "-" else DmPath(device, dm_map)))
    with open(name, "w", encoding="utf-8") as out:
        met = 0
        for i in range(3 * count):	# dm meets about every second one
            met += lose(*paths[i % len(paths)], out)
            if met == count:
                break
        print(f"{met} losses that I/O has met, of {i + 1}", flush=True)
        if met < count:
            sys.exit(f"bench: not {count}")


if __name__ == "__main__":
    main()

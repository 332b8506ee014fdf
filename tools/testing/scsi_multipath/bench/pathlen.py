# SPDX-License-Identifier: GPL-2.0
"""Path length: guest instructions per 4 KiB direct read.

One virtual CPU under QEMU's instruction counter, no elevator, no mitigations, KASLR off. Raw disk
on the stock kernel and on ours; heads; dm-multipath; NVMe multipath over the kernel's loop target.
All heads sit on disks like the raw one, so "adds" is a plain difference.
"""
import guests
from figures import Figure

UNIT = "instructions"
RAW_TOLERANCE = 8		# compiler layout
HEAD_LIMIT = 1500
DM_SHARE = 0.6
CLONE = 450			# what a clone may cost more than NVMe's stolen bio
POLICIES = ("numa", "round-robin", "queue-depth")
DM = ("bio.round-robin", "bio.service-time", "rq.round-robin", "rq.service-time")


def measure():
    got = guests.run("stock", "pathlen.sh", {"BENCH_WHAT": "raw", "BENCH_NAME": "stock"}, guests.ICOUNT)
    got.merge(guests.run("base", "pathlen.sh", {"BENCH_WHAT": "raw loaded head dm nvme",
                                                "BENCH_NAME": "ours"}, guests.ICOUNT))
    single = dict(guests.ICOUNT)
    single["VM_CMDLINE"] += " nvme_core.multipath=N"
    got.merge(guests.run("base", "pathlen.sh", {"BENCH_WHAT": "nvme"}, single))
    return got


def run(report):
    got = measure()

    def put(name, gate=None):
        if name in got.samples:
            report.add(name, Figure(got.samples[name], UNIT), gate)
        else:
            report.absent(name, got.missing.get(name, "not measured"), gate)
        return report.get(name)

    def put_difference(name, one, other, gate=None):
        if one and other:
            report.add(name, one.minus(other), gate)
        else:
            report.absent(name, "a part of it was not measured", gate)
        return report.get(name)

    stock, ours, loaded = (put(f"pathlen.raw.{n}") for n in ("stock", "ours", "loaded"))
    put_difference("pathlen.raw.ours-stock", ours, stock, f"abs <= {RAW_TOLERANCE}")
    put_difference("pathlen.raw.loaded-stock", loaded, stock, f"abs <= {RAW_TOLERANCE}")

    dm_adds = []
    for name in DM:
        figure = put(f"pathlen.dm.{name}")
        adds = put_difference(f"pathlen.dm.{name}.adds", figure, ours) if figure else None
        if adds and name.startswith("bio"):
            dm_adds.append(adds)
    one_path = put("pathlen.nvme.path")
    put_difference("pathlen.nvme.head.one-path.adds", put("pathlen.nvme.head.one-path"), one_path)
    nvme_adds = {p: put_difference(f"pathlen.nvme.head.{p}.adds", put(f"pathlen.nvme.head.{p}"), one_path)
                 for p in POLICIES}

    for policy in POLICIES:
        adds = put_difference(f"pathlen.head.{policy}.adds", put(f"pathlen.head.{policy}"), loaded,
                              f"<= {HEAD_LIMIT}")
        if adds is None:
            continue
        if dm_adds:
            # The cheapest selector of dm is the yardstick.
            report.add(f"pathlen.head.{policy}.adds/dm.bio",
                       adds.over(min(dm_adds, key=lambda f: f.value)), f"<= {DM_SHARE}")
        else:
            report.absent(f"pathlen.head.{policy}.adds/dm.bio", "no figure of dm", f"<= {DM_SHARE}")
        if nvme_adds[policy]:
            report.add(f"pathlen.head.{policy}.adds-nvme", adds.minus(nvme_adds[policy]),
                       f"goal <= {CLONE}")

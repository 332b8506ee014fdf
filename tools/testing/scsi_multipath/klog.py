#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Find the kernel's own reports of faults in a kernel log.

A report is a line that the kernel prints only when something is wrong, with the lines after
it. The file known-reports lists those that the stock kernel gives by itself; each entry names
the kernel configuration, the first line, the exact place and the reason.
"""
import re
import sys

REPORT = re.compile(
    r"\bBUG\b:|kernel BUG at|\bWARNING: |\bKASAN: |\bUBSAN: |\bODEBUG: |general protection fault"
    r"|\bOops\b|refcount_t: |list_(?:add|del) corruption|DEBUG_LOCKS_WARN_ON"
    r"|INFO: task .* blocked for more than|rcu: INFO: .*(?:stall|kthread)|soft lockup"
    r"|INFO: trying to register non-static key|INFO: possible |unreferenced object 0x"
    r"|Kernel panic - not syncing|unable to handle")
PANIC = re.compile(r"Kernel panic - not syncing.*")
STAMP = re.compile(r"^\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?")
LOOKAHEAD = 8		# lines in which a report names its place
SHOWN = 40		# lines of one report
JOIN = 60		# a further match within so many lines belongs to the same report


def from_kmsg(text):
    """Records of /dev/kmsg, 'level,number,microseconds,flags;text', as the console shows them."""
    lines = []
    for record in text.split("\n"):
        head, sep, body = record.partition(";")
        fields = head.split(",")
        if sep and len(fields) > 3 and fields[2].isdigit():
            us = int(fields[2])
            lines.append(f"[{us // 1000000:5d}.{us % 1000000:06d}] {body}")
        elif not record.startswith(" "):	# the rest: a device's name and subsystem
            lines.append(record)
    return "\n".join(lines)


def panic_line(text):
    m = PANIC.search(text)
    return m.group(0) if m else None


def load_known(path, config):
    """Entries 'config | first line | place | reason' for this configuration."""
    known = []
    for line in open(path, encoding="utf-8"):
        if line.strip() and not line.startswith("#"):
            cfg, first, place, _reason = (f.strip() for f in line.split("|", 3))
            if cfg == config:
                known.append((first, place))
    return known


def excerpt(lines, i):
    """The report at line i, up to its end mark if that is near."""
    end = next((j + 1 for j in range(i, min(i + SHOWN, len(lines))) if "end trace" in lines[j]),
               i + SHOWN)
    return lines[max(0, i - 2):end]


def reports(text, known=()):
    """The reports of a log as lists of lines, known ones left out."""
    lines = [STAMP.sub("", line.rstrip("\r")) for line in text.split("\n")]
    found = []
    last = -JOIN
    last_known = False
    for i, line in enumerate(lines):
        if not REPORT.search(line):
            continue
        near = lines[i:i + LOOKAHEAD]
        is_known = any(first in line and any(place in n for n in near) for first, place in known)
        # What follows inside one report (an Oops after its BUG line) is not counted again;
        # nothing is ever joined to a known report.
        if not is_known and (last_known or i - last >= JOIN):
            found.append(excerpt(lines, i))
        last, last_known = i, is_known
    return found


def main():
    text = open(sys.argv[1], errors="replace", encoding="utf-8").read()
    known = load_known(sys.argv[3], sys.argv[2]) if len(sys.argv) > 3 else ()
    found = reports(text, known)
    for report in found:
        print("\n".join(report), end="\n\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

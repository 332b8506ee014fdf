#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Filter findings (stdin) by a list of exceptions 'regular expression | reason'; what is left
is printed. An exception that meets nothing any more is reported too, so that the list stays
true."""
import re
import sys


def main():
    rules = []
    for line in open(sys.argv[1], encoding="utf-8"):
        if line.strip() and not line.startswith("#"):
            pattern, reason = line.rsplit(" | ", 1)
            if not reason.strip():
                sys.exit(f"{sys.argv[1]}: no reason: {line}")
            rules.append([re.compile(pattern), 0])
    left, excused = [], 0
    for line in sys.stdin.read().splitlines():
        if not line.strip():
            continue
        rule = next((r for r in rules if r[0].search(line)), None)
        if rule:
            rule[1] += 1
            excused += 1
        else:
            left.append(line)
    print("\n".join(left + [f"exception that meets nothing: {r.pattern}" for r, n in rules if not n]
                    + [f"{len(left)} findings, {excused} excused"]))
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())

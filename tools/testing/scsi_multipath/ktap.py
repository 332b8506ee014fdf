# SPDX-License-Identifier: GPL-2.0
"""Read the KTAP output of one test program and judge it."""
import re
from dataclasses import dataclass, field

PLAN = re.compile(r"^1\.\.(\d+)(?:\s*#\s*SKIP\b\s*(.*))?", re.I)
RESULT = re.compile(r"^(not )?ok\b\s*\d*\s*-?\s*(.*)$")
SKIP = re.compile(r"#\s*SKIP\b", re.I)
KSFT_SKIP = 4


@dataclass
class Verdict:
    passed: int = 0
    skipped: int = 0
    failures: list = field(default_factory=list)	# one line each
    skip_reason: str = ""

    def add(self, other):
        self.passed += other.passed
        self.skipped += other.skipped
        self.failures += other.failures

    def __str__(self):
        return f"{self.passed} passed, {len(self.failures)} failed, {self.skipped} skipped"


def judge(output, status):
    """The verdict over the output of a program that ended with this status. Top-level results
    count; a plan that is missing or not kept is a failure, and so is a bad end."""
    v, plan, count = Verdict(), None, 0
    for line in output.split("\n"):
        m = PLAN.match(line)
        if m and plan is None:
            plan = int(m[1])
            if plan == 0:
                v.skip_reason = m[2] or "no reason given"
        m = RESULT.match(line)
        if not m:
            continue
        count += 1
        if SKIP.search(m[2]):
            v.skipped += 1
        elif m[1]:
            v.failures.append(m[2])
        else:
            v.passed += 1
    if plan is None:
        v.failures.append("no plan in the output")
    elif plan == 0 and not count:
        v.skipped += 1
    elif plan != count:
        v.failures.append(f"{plan} results were planned, {count} came")
    if status not in (0, KSFT_SKIP) and not v.failures:
        v.failures.append(f"exit status {status}")
    return v


def judge_status(status):
    """For a program that does not speak KTAP: its status is the result."""
    v = Verdict()
    if status == 0:
        v.passed = 1
    elif status == KSFT_SKIP:
        v.skipped = 1
    else:
        v.failures.append(f"exit status {status}")
    return v

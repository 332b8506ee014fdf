# SPDX-License-Identifier: GPL-2.0
"""Figures, their gates, the table and the JSON list."""
import json
import operator
from statistics import median

COMPARE = {"<=": operator.le, ">=": operator.ge}


class Figure:
    """The median of some repeats, and how far they lie apart (largest - smallest)."""

    def __init__(self, samples, unit):
        self.samples, self.unit = list(samples), unit

    @property
    def value(self):
        return median(self.samples)

    @property
    def spread(self):
        return max(self.samples) - min(self.samples)

    def minus(self, other):
        return Derived(self.value - other.value, self.unit, self.spread + other.spread)

    def over(self, other, unit="ratio"):
        ratio = self.value / other.value
        return Derived(ratio, unit, abs(ratio) * (self.spread / abs(self.value) +
                                                  other.spread / abs(other.value)))


class Derived(Figure):
    """A figure computed from others: one value and a spread."""

    def __init__(self, value, unit, spread):
        super().__init__([value], unit)
        self.width = spread

    @property
    def spread(self):
        return self.width


class Report:
    """Collects rows (name, figure, gate) and judges them.

    A gate is "OP LIMIT" and decides the exit status; "goal OP LIMIT" is only shown; "abs OP LIMIT"
    is a gate of the magnitude. A row without a figure carries the reason instead. If it has a
    gate, it fails: what was not measured was not met.
    """

    def __init__(self):
        self.rows = []

    def add(self, name, figure, gate=None):
        self.rows.append((name, figure, gate, None))

    def absent(self, name, why, gate=None):
        self.rows.append((name, None, gate, why))

    def get(self, name):
        return next((f for n, f, _, _ in self.rows if n == name and f), None)

    @staticmethod
    def verdict(figure, gate):
        """'' without a gate, else met, missed, FAIL or ok."""
        if not gate:
            return ""
        words = gate.split()
        goal = words[0] == "goal"
        if figure is None:
            return "missed" if goal else "FAIL"
        value = figure.value
        if words[0] == "abs":
            value = abs(value)
        good = COMPARE[words[-2]](value, float(words[-1]))
        if goal:
            return "met" if good else "missed"
        return "ok" if good else "FAIL"

    def failed(self):
        return [n for n, f, g, _ in self.rows if self.verdict(f, g) == "FAIL"]

    def table(self):
        head = ("figure", "value", "unit", "spread", "gate", "verdict")
        lines = [head]
        for name, figure, gate, why in self.rows:
            if figure is None:
                lines.append((name, "-", "", "", gate or "", f"{self.verdict(None, gate)} {why}".strip()))
            else:
                lines.append((name, show(figure.value), figure.unit, show(figure.spread), gate or "",
                              self.verdict(figure, gate)))
        widths = [max(len(line[i]) for line in lines) for i in range(5)]
        return "\n".join(
            f"{line[0]:<{widths[0]}}  {line[1]:>{widths[1]}} {line[2]:<{widths[2]}}  "
            f"{line[3]:>{widths[3]}}  {line[4]:<{widths[4]}}  {line[5]}".rstrip() for line in lines)

    def json(self):
        rows = []
        for name, figure, gate, _ in self.rows:
            rows.append({"name": name, "value": figure and round(figure.value, 4),
                         "unit": figure.unit if figure else "", "gate": gate or "",
                         "spread": figure and round(figure.spread, 4)})
        return json.dumps(rows, indent=1) + "\n"


def show(value):
    """As many digits as mean something."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:.0f}" if abs(value) >= 100000 else f"{value:.1f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.2f}"

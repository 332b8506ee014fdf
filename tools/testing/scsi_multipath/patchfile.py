# SPDX-License-Identifier: GPL-2.0
"""Files of patches/: message, the new files that a patch brings by name, and the diff of
existing kernel files. The order is that of patches/series."""
import re
from dataclasses import dataclass, field

from overlay import REPO

HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)$")


class PatchError(Exception):
    """A patch file that cannot be read, or a hunk that does not apply."""


@dataclass
class Hunk:
    start: int		# first line in the old file, from 1
    head: str		# the @@ line
    lines: list = field(default_factory=list)	# with their first character: ' ', '-' or '+'

    def old(self):
        return [t for sign, t in self.lines if sign != "+"]

    def new(self):
        return [t for sign, t in self.lines if sign != "-"]

    def changed(self):
        return sum(sign != " " for sign, _ in self.lines)


@dataclass
class Patch:
    name: str
    subject: str = ""
    message: str = ""
    author: str = ""
    date: str = ""
    new_files: list = field(default_factory=list)
    diffs: dict = field(default_factory=dict)	# path -> [Hunk]


def _lines_of_hunk(text, i, hunk, old, new, where):
    while old > 0 or new > 0:
        if i >= len(text):
            raise PatchError(f"{where}: {hunk.head} is cut short")
        line = text[i]
        sign = line[:1].decode() or " "		# an editor may have stripped the blank of an empty line
        if sign not in " +-":
            raise PatchError(f"{where}: {hunk.head} has more lines announced than it has")
        hunk.lines.append((sign, line[1:] + b"\n"))
        old -= sign != "+"
        new -= sign != "-"
        i += 1
    if i < len(text) and text[i].startswith(b"\\"):
        sign, last = hunk.lines[-1]
        hunk.lines[-1] = (sign, last.rstrip(b"\n"))
        i += 1
    return i


def _parse_diff(text, patch):
    path, i = None, 0
    while i < len(text):
        line = text[i].decode(errors="replace")
        i += 1
        if re.match(r"(new file|deleted file|rename|copy|old mode|GIT binary)", line):
            raise PatchError(f"{patch.name}: '{line}': only existing files are changed by a diff; "
                             "a new file is named by New-file")
        if line.startswith("+++ "):
            path = line[4:].split("\t")[0].strip()
            path = path.split("/", 1)[1] if "/" in path else path
            if path in patch.diffs:
                raise PatchError(f"{patch.name}: {path} appears twice")
            patch.diffs[path] = []
        m = HUNK.match(line)
        if m:
            if path is None:
                raise PatchError(f"{patch.name}: a hunk without a file: {line}")
            hunk = Hunk(int(m[1]), line)
            i = _lines_of_hunk(text, i, hunk, int(m[2] or 1), int(m[4] or 1), f"{patch.name}: {path}")
            patch.diffs[path].append(hunk)


def parse(path):
    patch = Patch(path.name)
    head, sep, rest = path.read_bytes().partition(b"\n---\n")
    if not sep:
        raise PatchError(f"{patch.name}: no line '---' between message and diff")
    lines = head.decode().split("\n")
    while lines and lines[0]:
        key, _, value = lines.pop(0).partition(": ")
        while lines and lines[0][:1] in (" ", "\t"):
            value += " " + lines.pop(0).strip()
        if key == "Subject":
            patch.subject = re.sub(r"^\[PATCH[^]]*\] *", "", value)
        elif key == "From":
            patch.author = value
        elif key == "Date":
            patch.date = value
    patch.message = "\n".join(lines).strip() + "\n"
    if not patch.subject:
        raise PatchError(f"{patch.name}: no Subject line")
    text = rest.split(b"\n")
    for line in text:
        if line.startswith(b"New-file:"):
            patch.new_files.append(line.split(b":", 1)[1].strip().decode())
    _parse_diff(text, patch)
    return patch


def series():
    """The patches in their order."""
    listing = REPO / "patches" / "series"
    names = []
    if listing.exists():
        names = [n for n in (w.split("#")[0].strip() for w in listing.read_text().split("\n")) if n]
    for name in names:
        if not (REPO / "patches" / name).exists():
            raise PatchError(f"patches/series names {name}, which is not there")
    return [parse(REPO / "patches" / n) for n in names]


def unlisted():
    """Patch files that patches/series does not name."""
    listed = {p.name for p in series()}
    return sorted(p.name for p in (REPO / "patches").glob("*.patch") if p.name not in listed)

# SPDX-License-Identifier: GPL-2.0
"""Cut our own new Makefile and Kconfig files to what the first N patches brought.

Such a file stands whole in the overlay; patch N gets only the lines that name what patches
1..N brought:

  Makefile	a line goes that adds an object, script or directory that is not there yet;
		one name a line. A composite object goes with its last part.
  Kconfig	a symbol goes that no Makefile line of the first N patches refers to. One that no
		Makefile ever names stays while a kept symbol selects it or a .c file refers to it.
		"select X" of a symbol of ours that is not kept goes; so does a "source" of
		a file that is not there.
  .kunitconfig	a line goes that sets a symbol of ours that is not kept.

A comment goes with the paragraph under it, the header comment with the whole file.
"""
import posixpath
import re

ASSIGN = re.compile(r"^\s*([A-Za-z0-9_$()-]+?)(?:-(y|m|objs|\$\(CONFIG_\w+\)))?\s*[:+]?=\s*(\S+)\s*(?:#.*)?$")
FLAGS = re.compile(r"^\s*(?:CFLAGS|AFLAGS|KASAN_SANITIZE|KCOV_INSTRUMENT)_(?:REMOVE_)?(\S+?\.o)\s*[:+]?=")
SYMBOL = re.compile(r"^(?:menu)?config\s+(\w+)")
BREAK = re.compile(r"^(?:config|menuconfig|menu|endmenu|if|endif|choice|endchoice|source|comment|mainmenu)\b")
OPEN, CLOSE = {"if": "endif", "menu": "endmenu", "choice": "endchoice"}, {"endif", "endmenu", "endchoice"}
REFERENCE = re.compile(rb"\bCONFIG_(\w+)")


def is_build_file(path):
    name = posixpath.basename(path)
    if path.startswith(("tools/", "Documentation/")):
        return False
    return name in ("Makefile", "Kconfig", ".kunitconfig") or name.startswith("Kconfig.")


def _paragraphs(lines):
    """Runs of lines between blank ones, each with the blanks before it."""
    out, blanks, current = [], [], []
    for line in lines:
        if line.strip():
            current.append(line)
        elif current:
            out.append((blanks, current))
            blanks, current = [line], []
        else:
            blanks.append(line)
    if current or blanks:
        out.append((blanks, current))
    return out


def _drop(lines, keep):
    """The lines without those that keep() refuses (None: no opinion). A paragraph of which
    nothing with an opinion is left goes with its comments; so does the whole file."""
    kept, content = [], False
    for blanks, paragraph in _paragraphs(lines):
        opinions = [keep(line) for line in paragraph]
        if False in opinions and True not in opinions and \
           all(o is False or line.startswith("#") for o, line in zip(opinions, paragraph)):
            # keep the header comment of the file
            header = [l for l in paragraph if "SPDX-License-Identifier" in l] if not kept else []
            kept += header
            continue
        kept += blanks + [l for l, o in zip(paragraph, opinions) if o is not False]
        content = content or any(o is not False and not l.startswith("#") for l, o in zip(paragraph, opinions))
    return kept if content else []


def cut_makefile(path, text, exists):
    """exists(path): is this file in the tree of the first N patches?"""
    here = posixpath.dirname(path)
    lines = text.splitlines(keepends=True)
    parts = {}
    for line in lines:
        m = ASSIGN.match(line)
        if m and m[2] and m[3].endswith(".o") and m[1] != "obj":
            parts.setdefault(m[1], []).append(m[3])

    def there(word):
        file = posixpath.normpath(posixpath.join(here, word))
        if word.endswith("/"):
            return exists(file + "/Makefile") or exists(file + "/Kbuild")
        if word.endswith(".o"):
            stem = word[:-2]
            if stem in parts and word not in parts[stem]:
                return any(there(p) for p in parts[stem])
            return exists(file[:-2] + ".c") or exists(file[:-2] + ".S")
        return exists(file)

    def keep(line):
        if line.startswith("#"):
            return None
        m = FLAGS.match(line)
        if m:
            return there(m[1])
        m = ASSIGN.match(line)
        if m and re.search(r"(\.o|\.sh|\.c|\.py|/)$", m[3]) and "$" not in m[3]:
            return there(m[3])
        return None if not line.strip() else None
    return "".join(_drop(lines, keep))


class Kconfig:
    """One of our Kconfig files as blocks: a symbol with its lines, or other lines."""

    def __init__(self, text):
        self.blocks, symbol, lines = [], None, []	# (symbol or None, [lines])
        for line in text.splitlines(keepends=True):
            if BREAK.match(line):
                self._flush(symbol, lines)
                m = SYMBOL.match(line)
                symbol, lines = (m[1] if m else None), [line]
                if not m:
                    self._flush(None, lines)
                    symbol, lines = None, []
            else:
                lines.append(line)
        self._flush(symbol, lines)

    def _flush(self, symbol, lines):
        """Comments directly above a block belong to the next one."""
        tail = []
        while symbol is not None and lines and (lines[-1].startswith("#") or not lines[-1].strip()) :
            tail.insert(0, lines.pop())
        while tail and not tail[0].strip():
            lines.append(tail.pop(0))
        if lines:
            self.blocks.append((symbol, lines))
        if tail:
            self.blocks.append((None, tail))

    def symbols(self):
        return [s for s, _ in self.blocks if s]

    def selects(self):
        """{symbol: symbols that it selects or implies}"""
        return {s: {m[1] for l in lines if (m := re.match(r"\s+(?:select|imply)\s+(\w+)", l))}
                for s, lines in self.blocks if s}

    def cut(self, kept, ours, exists):
        out, waiting = [], []	# waiting: comments that go or stay with the next block
        for symbol, lines in self.blocks:
            first = lines[0].split()[0] if lines[0].strip() else ""
            if symbol:
                if symbol not in kept:
                    waiting = [l for l in waiting if "SPDX-License-Identifier" in l]
                    continue
                lines = [l for l in lines if not ((m := re.match(r"\s+(?:select|imply)\s+(\w+)", l))
                                                  and m[1] in ours and m[1] not in kept)]
            elif first == "source" and not exists(lines[0].split()[1].strip('"')):
                continue
            elif first.startswith("#") or not first:
                waiting += lines
                continue
            out += waiting + lines
            waiting = []
        out += waiting
        return _without_empty(out)


def _without_empty(lines):
    """Without if..endif, menu..endmenu around nothing; nothing at all if only comments are left."""
    again = True
    while again:
        again = False
        stack = []
        for i, line in enumerate(lines):
            word = line.split()[0] if line.strip() else ""
            if word in OPEN and not line[0].isspace():
                stack.append(i)
            elif word in CLOSE and stack:
                start = stack.pop()
                if all(not l.strip() or l.startswith("#") or l[0].isspace() for l in lines[start + 1:i]):
                    del lines[start:i + 1]
                    again = True
                    break
    if not any(l.strip() and not l.startswith("#") for l in lines):
        return ""
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return "".join(lines)


def _references(files):
    found = set()
    for content in files:
        found |= {m.decode() for m in REFERENCE.findall(content)}
    return found


def _cut_kunitconfig(text, symbols, kept):
    """Nothing, while no suite of ours is there."""
    out, suites = [], 0
    for line in text.splitlines(keepends=True):
        m = re.match(r"CONFIG_(\w+)=", line)
        if not m or m[1] not in symbols:
            out.append(line)
        elif m[1] in kept:
            out.append(line)
            suites += 1
    return "".join(out) if suites else ""


def cut(ours, others, final_others, exists):
    """Cuts the build files ours {path: text} for a tree whose other files of ours and changed
    kernel files are others {path: content}; final_others is that of the last patch. Returns
    {path: text}, '' for a file of which nothing is left, and complaints."""
    kconfigs = {p: Kconfig(t) for p, t in ours.items() if posixpath.basename(p).startswith("Kconfig")}
    makefiles = {p: t for p, t in ours.items() if posixpath.basename(p) == "Makefile"}
    result = {p: cut_makefile(p, t, exists) for p, t in makefiles.items()}

    def in_makefiles(own, changed):
        return _references([t.encode() for t in own] +
                           [c for p, c in changed.items() if posixpath.basename(p) in ("Makefile", "Kbuild")])

    symbols = {s for k in kconfigs.values() for s in k.symbols()}
    built = in_makefiles(makefiles.values(), final_others)
    in_code = _references(c for p, c in others.items() if p.endswith(".c"))
    kept = symbols & (in_makefiles(result.values(), others) | (in_code - built))
    while True:
        # a symbol that has objects waits for them, whoever selects it
        more = {t for k in kconfigs.values() for s, targets in k.selects().items() if s in kept
                for t in targets if t in symbols - built} - kept
        if not more:
            break
        kept |= more
    for path, kconfig in kconfigs.items():
        result[path] = kconfig.cut(kept, symbols, lambda p: exists(p) or bool(result.get(p)))
    for path, text in ours.items():
        if posixpath.basename(path) == ".kunitconfig":
            result[path] = _cut_kunitconfig(text, symbols, kept)
    missing = [f"{p}: {s} depends on {t}, which comes later" for p, k in kconfigs.items()
               for s, lines in k.blocks if s in kept for l in lines if re.match(r"\s+depends on ", l)
               for t in re.findall(r"\w+", l) if t in symbols - kept]
    return result, missing

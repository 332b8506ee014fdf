# SPDX-License-Identifier: GPL-2.0
"""The machine code of a kernel image: disassembly by function, and what an instruction is."""
import re
import subprocess
import zlib
from pathlib import Path

INSN = re.compile(r"^\s*([0-9a-f]+):\t(\S+)\s*(.*)$")
MEMORY = re.compile(r"%[cdefgs]s:|\(")
PREFIXES = {"lock", "rep", "repz", "repnz", "cs", "ds", "gs", "notrack", "bnd", "data16"}


def extract_vmlinux(image, out):
    """The ELF file inside a bzImage: gzip, or not compressed at all."""
    data = Path(image).read_bytes()
    at = data.find(b"\x1f\x8b\x08")
    while at >= 0:
        try:
            elf = zlib.decompressobj(31).decompress(data[at:])
        except zlib.error:
            elf = b""
        if elf[:4] == b"\x7fELF":
            Path(out).write_bytes(elf)
            return
        at = data.find(b"\x1f\x8b\x08", at + 1)
    raise ValueError(f"{image}: no gzip-compressed kernel in it")


def disassemble(elf, start, stop):
    """{address: (mnemonic, operands)} of a range."""
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", f"--start-address={start:#x}",
                           f"--stop-address={stop:#x}", elf], check=True, capture_output=True, text=True)
    code = {}
    for line in text.stdout.splitlines():
        m = INSN.match(line)
        if not m:
            continue
        mnemonic, operands = m[2], m[3].split("#")[0].split("<")[0].strip()
        while mnemonic in PREFIXES and operands:
            mnemonic, _, operands = operands.partition(" ")
            operands = operands.strip()
        code[int(m[1], 16)] = (mnemonic, operands)
    return code


def kind(insn):
    """'call', 'branch', 'load' or 'other'. An instruction that reads memory is a load."""
    mnemonic, operands = insn
    if mnemonic.startswith("call"):
        return "call"
    if mnemonic.startswith(("j", "loop")):
        return "branch"
    if mnemonic.startswith(("lea", "nop", "prefetch", "endbr", "ret", "push", "pop")):
        return "other"
    if not MEMORY.search(operands):
        return "other"
    source = re.split(r",\s*(?![^(]*\))", operands)[0]
    stores = mnemonic.startswith(("mov", "set", "stos")) and not MEMORY.search(source)
    return "other" if stores else "load"


def normal(insn):
    """Text that stays the same when code moves: without targets and global addresses."""
    mnemonic, operands = insn
    if kind(insn) in ("call", "branch"):
        return mnemonic
    return f"{mnemonic} {re.sub(r'0x[0-9a-f]{5,}', 'ADDR', operands)}"

# SPDX-License-Identifier: GPL-2.0
"""Every instruction that one read executes in the kernel, by function.

QEMU writes the address of each instruction to a log while a guest reads in a loop. The log is cut at
the entry of the system call, and the read that occurs most often as exactly the same sequence is
taken: one without an interrupt. Addresses become functions by the kernel's symbols.
"""
import bisect
import json
import re
import socket
import time
from collections import Counter

import guests

ENTRY = "__x64_sys_pread64"
LOG_BYTES = 40 << 20
LOG_SECS = 30
PC = re.compile(r"\[[0-9a-f]+/([0-9a-f]+)/")


class Qmp:
    """The few words of QEMU's monitor that are needed."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(path))
        self.file = self.sock.makefile("r")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.sock.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            answer = json.loads(self.file.readline())
            if "return" in answer or "error" in answer:
                return answer

    def monitor(self, line):
        return self.ask("human-monitor-command", **{"command-line": line})


def record(qmp, log):
    """Fills the log with executed addresses, within bounds of size and time."""
    qmp.monitor("singlestep on")
    qmp.monitor("log exec,nochain")
    end = time.monotonic() + LOG_SECS
    while time.monotonic() < end and (not log.exists() or log.stat().st_size < LOG_BYTES):
        time.sleep(0.05)
    qmp.monitor("log none")
    qmp.monitor("singlestep off")


class Symbols:
    """Function of an address: System.map, and the modules' symbols as the guest printed them."""

    def __init__(self, system_map, module_lines):
        pairs = []
        for line in [*open(system_map, encoding="ascii"), *module_lines]:
            addr, kind, name = line.split()[:3]
            if kind in "tTwW":
                pairs.append((int(addr, 16), name))
        pairs.sort(key=lambda p: p[0])
        self.addrs = [a for a, _ in pairs]
        self.names = [n for _, n in pairs]

    def find(self, addr):
        i = bisect.bisect_right(self.addrs, addr) - 1
        return self.names[i], addr - self.addrs[i]

    def address(self, name):
        return self.addrs[self.names.index(name)]


def one_read(log, entry):
    """Addresses of the most frequent whole read, and how many reads were alike."""
    reads, current = Counter(), None
    with open(log, encoding="ascii", errors="replace") as lines:
        for line in lines:
            m = PC.search(line)
            if not m:
                continue
            pc = int(m[1], 16)
            if pc == entry:
                if current:
                    reads[tuple(current)] += 1
                current = []
            if current is not None and pc >> 63:
                current.append(pc)
    if not reads:
        raise guests.GuestFailed("no whole read in QEMU's log")
    return reads.most_common(1)[0]


def trace(config, what):
    """(symbols, addresses of one read) of BENCH_WHAT=what in kernel config."""
    with guests.scratch() as tmp:
        log, sock = f"{tmp}/exec.log", f"{tmp}/qmp"
        vm = dict(guests.ICOUNT)
        vm["VM_QEMU"] += f" -qmp unix:{sock},server=on,wait=off -D {log}"
        modules = []

        def on_line(line):
            if line.startswith("@symbol "):
                modules.append(line.removeprefix("@symbol "))
            elif line == "@reading":
                record(Qmp(sock), guests.Path(log))

        guests.run(config, "trace.sh", {"BENCH_WHAT": what}, vm, on_line=on_line)
        symbols = Symbols(guests.image(config) / "System.map", modules)
        pcs, alike = one_read(log, symbols.address(ENTRY))
        guests.say(f"{config} {what}: {len(pcs)} instructions of the kernel in a read, {alike} alike")
        return symbols, pcs

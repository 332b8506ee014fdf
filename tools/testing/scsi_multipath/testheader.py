# SPDX-License-Identifier: GPL-2.0
"""What a guest test asks for in the comment lines at its top, '# KEY: value'.

    CONFIG: base debug	the kernels that it runs on (default: base); base-y has scsi_multipath
			built in, base-y-on also has it on; both count as a part of base
    CMDLINE: words	more kernel parameters
    CPUS: n, MEM: MiB	size of the guest
    TIMEOUT: seconds	bound on the base kernel (default 300); three times that on debug,
			ten times for the soak counts
    ALONE: yes		a boot of its own, where tests otherwise share one
    RESULT: status	no KTAP: the exit status alone is the result
"""
import re
from dataclasses import dataclass
from pathlib import Path

KEY = re.compile(r"^#\s*(CONFIG|CMDLINE|CPUS|MEM|TIMEOUT|ALONE|RESULT):\s*(.*?)\s*$")
HEADER_LINES = 60


@dataclass
class Test:
    path: Path
    configs: list
    cmdline: str = ""
    cpus: str = ""
    mem: str = ""
    timeout: int = 300
    alone: bool = False
    ktap: bool = True

    @property
    def name(self):
        return self.path.stem

    def boot(self):
        """Tests with equal answers can share a boot."""
        return (self.cmdline, self.cpus, self.mem)

    def bound(self, config, soak):
        return self.timeout * (3 if config == "debug" else 1) * (10 if soak else 1)


def read(path):
    keys = {}
    with open(path, encoding="utf-8") as f:
        for _, line in zip(range(HEADER_LINES), f):
            m = KEY.match(line)
            if m:
                keys[m[1]] = m[2]
    return Test(path, keys.get("CONFIG", "base").split(), keys.get("CMDLINE", ""),
                keys.get("CPUS", ""), keys.get("MEM", ""), int(keys.get("TIMEOUT", "300")),
                keys.get("ALONE", "no") == "yes", keys.get("RESULT", "ktap") != "status")

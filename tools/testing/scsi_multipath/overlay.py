# SPDX-License-Identifier: GPL-2.0
"""The overlay: our new kernel files, which stand in this repository at their in-tree path."""
import os
import subprocess

from paths import REPO

DIRS = ("lib/multipath", "include/linux", "include/scsi", "include/trace", "drivers/scsi",
        "Documentation", "tools/testing/selftests/scsi_multipath")


def paths():
    """Tracked and new files, without what .gitignore names; every file if this is no git tree."""
    try:
        out = subprocess.run(["git", "-C", REPO, "ls-files", "-z", "-co", "--exclude-standard", "--", *DIRS],
                             check=True, capture_output=True).stdout.decode()
        found = out.split("\0")[:-1]
    except (OSError, subprocess.CalledProcessError):
        found = [str(p.relative_to(REPO)) for d in DIRS for p in (REPO / d).rglob("*")]
    return sorted({p for p in found if (REPO / p).is_file()})


def load():
    """{path: (content, executable)} of the whole overlay."""
    return {p: ((REPO / p).read_bytes(), os.access(REPO / p, os.X_OK)) for p in paths()}

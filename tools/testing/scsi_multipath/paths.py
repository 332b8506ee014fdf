# SPDX-License-Identifier: GPL-2.0
"""Where things are; the same rules as env.sh."""
import os
from pathlib import Path

LAB = Path(__file__).resolve().parent
REPO = LAB.parents[2]
CACHE = Path(os.environ.get("SCSI_MPATH_CACHE") or
             Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "scsi-multipath")

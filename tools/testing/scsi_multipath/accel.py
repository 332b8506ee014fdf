#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Choose QEMU's accelerator: KVM only after a guest has booted with it within 15 s.

/dev/kvm may exist and a guest still hang, so the probe boots the kernel at hand up to the
point where it finds no root file system and panics. The answer is kept until the next boot
of the host. VM_ACCEL=kvm or VM_ACCEL=tcg overrides.
"""
import os
import subprocess
from pathlib import Path

from paths import CACHE

PROBE_SECS = 15
TCG = ["-accel", "tcg,thread=multi", "-cpu", "max"]
HOST_CLOCK = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
KVM = ["-accel", "kvm", "-cpu", "host"]


def kvm_boots(image):
    cmd = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", "-M", "q35", *KVM,
           "-smp", "2", "-m", "512", "-display", "none", "-serial", "stdio",
           "-kernel", str(image / "bzImage"), "-append", "console=ttyS0 panic=-1"]
    try:
        r = subprocess.run(cmd, stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBE_SECS,
                           check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return b"VFS: Unable to mount root" in r.stdout


def kvm_works(image):
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    note = CACHE / "vm" / "kvm-probe"
    if note.exists():
        kept, _, answer = note.read_text().partition(" ")
        if kept == boot:
            return answer.strip() == "yes"
    answer = kvm_boots(image)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(f"{boot} {'yes' if answer else 'no'}\n")
    return answer


def options(image):
    wanted = os.environ.get("VM_ACCEL")
    if "-accel" in os.environ.get("VM_QEMU", ""):
        return ["-cpu", "max"]
    if wanted == "kvm" or (wanted != "tcg" and kvm_works(image)):
        return KVM
    return TCG


def cmdline(image):
    """Parameters for the guest's kernel that suit the accelerator. TCG's TSC is the host's, but
    Linux does not trust it on several CPUs and reads the HPET instead, at the cost of 7 % of the
    time of a debug guest. The frequency is measured against the HPET either way."""
    try:
        good = HOST_CLOCK.read_text().strip() == "tsc"
    except OSError:
        good = False
    return "tsc=reliable" if good and options(image) == TCG else ""

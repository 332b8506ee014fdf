# SPDX-License-Identifier: GPL-2.0
"""Run a guest script of the benchmarks in a kernel of the laboratory and collect its figures."""
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

BENCH = Path(__file__).resolve().parent
LAB = BENCH.parent
REPO = LAB.parents[2]
ICOUNT = {"VM_QEMU": "-accel tcg -icount shift=0,sleep=off", "VM_CPUS": "1", "VM_CMDLINE": "nokaslr"}


class GuestFailed(Exception):
    """The guest did not get to its end."""


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def cache():
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("SCSI_MPATH_CACHE") or Path(home) / "scsi-multipath")


def build_helpers():
    """Compiles the C programs, outside of the repository; returns their directory."""
    out = cache() / "bench"
    out.mkdir(parents=True, exist_ok=True)
    for src in sorted((BENCH / "src").glob("*.c")):
        exe = out / src.stem
        if not exe.exists() or exe.stat().st_mtime < src.stat().st_mtime:
            subprocess.run([os.environ.get("CC", "gcc"), "-O2", "-Wall", "-Wextra", "-o", exe, src],
                           check=True)
    return out


def command(config, script):
    """BENCH_IMAGES=dir takes dir/CONFIG as the image instead of what `make kernel` builds."""
    images = os.environ.get("BENCH_IMAGES")
    if images:
        return [LAB / "vm.py", "--image", Path(images) / config, "--config", config, "--run", script]
    return ["make", "-s", "--no-print-directory", "-C", REPO, "vm", f"RUN={script}",
            f"CONFIG={config}"]


def image(config):
    """Directory of the kernel's image, built if need be."""
    if os.environ.get("BENCH_IMAGES"):
        return Path(os.environ["BENCH_IMAGES"]) / config
    out = subprocess.run([LAB / "kernel.sh", config], check=True, stdout=subprocess.PIPE, text=True)
    return Path(out.stdout.strip().splitlines()[-1])


class Result:
    """What a guest printed: samples by figure name, and the reasons for missing ones."""

    def __init__(self):
        self.samples, self.missing, self.lines = {}, {}, []

    def take(self, line):
        word, _, rest = line.partition(" ")
        name, _, value = rest.partition(" ")
        if word == "@bench":
            self.samples.setdefault(name, []).append(float(value))
        elif word == "@missing":
            self.missing[name] = value
        else:
            self.lines.append(line)
        if word != "@symbol":
            print(f"    {line}", file=sys.stderr, flush=True)

    def merge(self, other):
        for name, values in other.samples.items():
            self.samples.setdefault(name, []).extend(values)
        self.missing.update(other.missing)
        self.lines += other.lines


def run(config, script, job, vm=None, timeout=600, on_line=None):
    """Boots CONFIG, runs guest/SCRIPT with the variables of job; vm sets variables of the runner.

    on_line is called with each line that the guest prints, as it comes.
    """
    job = {"BENCH_BUILD": str(build_helpers()), "BENCH_REPEATS": str(repeats()), **job}
    env = dict(os.environ)
    env.update(vm or {})
    env["CACHE"] = str(cache())
    env["VM_TIMEOUT"] = str(timeout)	# make exports an empty one
    env["VM_ENV"] = " ".join(f"{k}={shlex.quote(v)}" for k, v in job.items())
    say(f"{config}: {script} {' '.join(v for k, v in job.items() if k == 'BENCH_WHAT')}")
    result = Result()
    with subprocess.Popen(command(config, BENCH / "guest" / script), env=env, text=True,
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as vmp:
        for line in vmp.stdout:
            result.take(line.rstrip("\n"))
            if on_line:
                on_line(line.rstrip("\n"))
    if vmp.returncode:
        raise GuestFailed(f"{config}: {script}: exit status {vmp.returncode}")
    return result


def repeats():
    return int(os.environ.get("BENCH_REPEATS") or 3)


def scratch():
    return tempfile.TemporaryDirectory(prefix="bench.", dir=build_helpers())

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Run the guest tests and count their results.

    selftest.py [--config base|base-y|base-y-on|debug|all] [--totals FILE] [NAME-PATTERN ...]

Tests that ask for the same guest share a boot, and a failure or hang ends it. testheader.py lists
what a test can ask for.
VERBOSE=1, or a pattern that matches one test, shows all output; else only that of failures.
SELFTEST_JOBS guests run at once (default: half the CPUs).
"""
import argparse
import fnmatch
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import klog
import ktap
import testheader
from paths import CACHE, LAB, REPO

TESTS = REPO / "tools/testing/selftests/scsi_multipath"
SOAK = os.environ.get("SCSI_MPATH_SOAK") == "1"
BOOT_SECS = {"base": 120, "base-y": 120, "base-y-on": 120, "debug": 400}	# to boot, and to end
STEP_SECS = 90		# beyond a test's own bound
SHARE = 5		# tests that share a boot
BASE = ["base", "base-y", "base-y-on"]
CONFIGS = {"base": BASE, "debug": ["debug"], "all": BASE + ["debug"]}
START = float(os.environ.get("LAB_START") or time.time())


def say(text):
    t = int(time.time() - START)
    print(f"[{t // 60:3d}:{t % 60:02d}] {text}", flush=True)


def find(patterns):
    files = [f for f in sorted(TESTS.glob("*.sh")) if not f.name.startswith("lib") and os.access(f, os.X_OK)]
    files.append(LAB / "guest-kunit")
    tests = [testheader.read(f) for f in files]
    return [t for t in tests
            if any(fnmatch.fnmatch(t.name, p) or fnmatch.fnmatch(t.path.name, p) for p in patterns)]


class Times:
    """How long each test took last time, so that the long ones start first."""

    def __init__(self):
        self.file = CACHE / "selftest-times"
        self.known = {}
        if self.file.exists():
            for line in self.file.read_text().splitlines():
                config, name, seconds = line.split()
                self.known[config, name] = int(seconds)

    def of(self, config, test):
        return self.known.get((config, test.name), 60)

    def note(self, config, test, seconds):
        if seconds is not None and not SOAK:
            self.known[config, test.name] = seconds
            part = self.file.with_suffix(".part")
            part.write_text("".join(f"{c} {n} {s}\n" for (c, n), s in sorted(self.known.items())))
            part.rename(self.file)


def boots(tests, config, times, jobs):
    """Lists of tests that share a boot, the longest first; enough of them to occupy all jobs."""
    tests = sorted(tests, key=lambda t: -times.of(config, t))
    by_guest, groups = {}, []
    for t in tests:
        if t.alone:
            groups.append([t])
        else:
            by_guest.setdefault(t.boot(), []).append(t)
    for same in by_guest.values():
        n = -(-len(same) // (SHARE * jobs)) * jobs	# as many for each job
        groups += [same[i::n] for i in range(min(n, len(same)))]
    return sorted(groups, key=lambda g: -sum(times.of(config, t) for t in g))


def sections(stdout):
    """{path: (output, status or None, seconds or None)} in the order of the run."""
    found, path, lines = {}, None, []
    for line in stdout.split("\n"):
        if line.startswith("### BEGIN "):
            path, lines = line[len("### BEGIN "):], []
            found[path] = ("", None, None)
        elif line.startswith("### END ") and path:
            rc, seconds = line.split()[2:4]
            found[path] = ("\n".join(lines), int(rc), int(seconds))
            path = None
        elif path:
            lines.append(line)
            found[path] = ("\n".join(lines), None, None)
    return found


def log_of(log, path):
    """The part of the kernel log that belongs to this test."""
    _, mark, rest = log.partition(f"lab: begin {path}\n")
    return rest.split("lab: begin ")[0] if mark else ""


def watch(vm, group, config, live):
    """Collects the output. A guest that does not get on with the next step in time is given up
    (SIGUSR1 makes the VM runner report a hang)."""
    bounds = {str(t.path): t.bound(config, SOAK) for t in group}
    timer, out = None, []

    def arm(seconds):
        nonlocal timer
        if timer:
            timer.cancel()
        timer = threading.Timer(seconds, vm.send_signal, [signal.SIGUSR1])
        timer.daemon = True
        timer.start()

    arm(BOOT_SECS[config])
    for line in vm.stdout:
        out.append(line)
        if line.startswith("### BEGIN "):
            arm(bounds.get(line[len("### BEGIN "):].strip(), 0) + STEP_SECS)
        elif line.startswith("### END "):
            arm(BOOT_SECS[config])
        elif live:
            print(line, end="", flush=True)
    timer.cancel()
    return "".join(out)


def boot(group, config, image, live):
    """Boots once for as many tests of the group as it takes. Returns (results, rest): results are
    (test, verdict, seconds or None, output); rest are the tests that need another boot."""
    first = group[0]
    env = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="scsi-mpath-test.") as tmp:
        log_file = Path(tmp) / "kernel.log"
        bounds = [t.bound(config, SOAK) for t in group]
        env["VM_KERNEL_LOG"] = str(log_file)
        env["VM_TIMEOUT"] = str(sum(bounds) + BOOT_SECS[config])
        env["VM_CMDLINE"] = f"{os.environ.get('VM_CMDLINE', '')} {first.cmdline}".strip()
        if first.cpus:
            env["VM_CPUS"] = first.cpus
        if first.mem:
            env["VM_MEM"] = first.mem
        names = " ".join(f"{b}:{t.path}" for b, t in zip(bounds, group))
        env["VM_ENV"] = f"{os.environ.get('VM_ENV', '')} LAB_TESTS='{names}'".strip()
        with subprocess.Popen([LAB / "vm.py", "--image", image, "--config", config, "--run", LAB / "guest-tests"],
                              env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE if not live else None,
                              text=True, errors="replace") as vm:
            out = watch(vm, group, config, live)
            err = vm.stderr.read() if vm.stderr else ""
        log = log_file.read_text(errors="replace") if log_file.exists() else ""
    return attribute(group, config, sections(out), log, vm.returncode, err)


def attribute(group, config, done, log, status, err):
    known = klog.load_known(LAB / "known-reports", config)
    results, rest, blamed = [], [], False
    for t in group:
        if str(t.path) not in done:
            rest.append(t)
            continue
        output, rc, took = done[str(t.path)]
        if rc is None:
            verdict = ktap.judge(output, 1) if t.ktap else ktap.Verdict()
            verdict.failures.append(f"the guest ended in this test: {err.strip().splitlines()[-1:] or status}")
            output += "\n" + err
        elif rc in (124, 137):
            verdict = ktap.judge(output, 0) if t.ktap else ktap.Verdict()
            verdict.failures.append(f"ended after {t.bound(config, SOAK)} s")
        else:
            verdict = ktap.judge(output, rc) if t.ktap else ktap.judge_status(rc)
        part = log_of(log, t.path)
        reports = klog.reports(part, known)
        for report in reports:
            verdict.failures.append(f"the kernel reported: {report[min(2, len(report) - 1)]}")
            output += "\n" + "\n".join(report)
        if reports or rc is None:
            blamed = True
        if verdict.failures and not reports:
            output += "\n--- kernel log, its end ---\n" + "\n".join(part.split("\n")[-60:])
        results.append([t, verdict, took, output])
    if status and not blamed and results:
        # a leak, a report before the first test, or a bad end of the guest: the last test answers for it
        results[-1][1].failures.append(f"the guest ended with status {status}")
        results[-1][3] += "\n" + err
    if not results:
        bad = ktap.Verdict(failures=[f"the guest ended with status {status} before its first test"])
        results, rest = [[group[0], bad, None, err]], group[1:]
    return results, rest


def report(config, t, verdict, seconds, output, verbose):
    bad = verdict.failures
    word = "FAIL" if bad else "skip" if not verdict.passed else "ok  "
    say(f"{word} {config} {t.name}: {verdict}" + (f" ({seconds} s)" if seconds is not None else "")
        + (f": {verdict.skip_reason}" if verdict.skip_reason else ""))
    if bad and not verbose:
        print("\n".join("    " + line for line in output.strip().split("\n")[-200:]), flush=True)
    for what in bad:
        print(f"    not ok: {what}", flush=True)
    verdict.failures = [f"{config} {t.name}: {what}" for what in bad]


def run_group(config, group, image, verbose, total, lock, times):
    """All tests of a group, in as many boots as it takes."""
    while group:
        if verbose:
            say(f"{config}: " + " ".join(t.name for t in group))
        results, group = boot(group, config, image, verbose)
        with lock:
            for t, verdict, seconds, output in results:
                times.note(config, t, seconds)
                report(config, t, verdict, seconds, output, verbose)
                total.add(verdict)


def run_config(config, tests, jobs, verbose):
    total, lock, times = ktap.Verdict(), threading.Lock(), Times()
    tests = [t for t in tests if config in t.configs]
    if not tests:
        return total
    image = subprocess.run([LAB / "kernel.sh", config], stdout=subprocess.PIPE, text=True, check=False)
    if image.returncode:
        total.failures.append(f"{config}: kernel.sh failed")
        return total
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(run_group, config, g, image.stdout.strip(), verbose, total, lock, times)
                   for g in boots(tests, config, times, jobs)]
        for f in futures:
            f.result()
    return total


def helper_environment():
    """Tests need kselftest's helpers, which are in the kernel tree, and their C helper built."""
    root = subprocess.run([LAB / "source.sh"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    os.environ.setdefault("KTAP_HELPERS", f"{root}/stock/tools/testing/selftests/kselftest/ktap_helpers.sh")
    out = CACHE / "selftest-bin"
    out.mkdir(parents=True, exist_ok=True)
    subprocess.run(["make", "-s", "-C", TESTS, f"OUTPUT={out}"], check=True)
    os.environ["OUTPUT"] = str(out)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--config", default="base", choices=BASE + ["debug", "all"])
    p.add_argument("--totals", type=Path, help="append 'passed failed skipped' here")
    p.add_argument("--list", action="store_true", help="print 'config name' of each and run nothing")
    p.add_argument("patterns", nargs="*", default=["*"])
    args = p.parse_args()
    os.environ["LAB_START"] = str(int(START))
    tests = find([w for p in args.patterns for w in p.split()])
    if not tests:
        sys.exit(f"no guest test matches {' '.join(args.patterns)}")
    if args.list:
        for config in CONFIGS.get(args.config, [args.config]):
            for t in tests:
                if config in t.configs:
                    print(config, t.name)
        return 0
    if subprocess.run([LAB / "packages.sh"], check=False).returncode:
        return 1
    helper_environment()
    verbose = bool(os.environ.get("VERBOSE")) or len(tests) == 1
    jobs = 1 if verbose else int(os.environ.get("SELFTEST_JOBS") or max(1, (os.cpu_count() or 2) // 2))
    total = ktap.Verdict()
    for config in CONFIGS.get(args.config, [args.config]):
        total.add(run_config(config, tests, jobs, verbose))
    if args.totals:
        with open(args.totals, "a", encoding="utf-8") as f:
            f.write(f"{total.passed} {len(total.failures)} {total.skipped}\n")
    for what in total.failures:
        print(f"failed: {what}")
    print(total)
    return 1 if total.failures or not total.passed + total.skipped else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Boot a kernel in QEMU on the host's own root file system and run one file in it as root.

    vm.py --image DIR [--config NAME] (--run FILE | --shell)

DIR holds bzImage and modules/ (kernel.sh makes it). stdout carries what the file prints, as
it is printed, and nothing else. The exit status is the file's own, or

     96  the guest could not be started
     97  the guest ended without a status
     98  the kernel panicked
     99  the file returned 0, but the kernel reported a fault (klog.py decides)
    124  the guest hung: VM_TIMEOUT passed

A line on stderr says which. README.md beside this file lists the environment variables.
"""
import argparse
import ctypes
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import accel
import klog
from paths import CACHE, LAB

NO_GUEST, NO_STATUS, PANIC, REPORT, HUNG = 96, 97, 98, 99, 124
POWEROFF_SECS = 60	# from the status to the end of QEMU
KEEP_LOGS = 20

# The guest mounts its own file systems there: a file below them is copied to the out share.
HIDDEN = ("/run/", "/dev/", "/proc/", "/sys/", "/mnt/")
PASSED_ON = ("SEED", "SCSI_MPATH_SOAK", "VECTORS", "KTAP_HELPERS", "OUTPUT", "CI")


def say(text):
    print(f"vm: {text}", file=sys.stderr, flush=True)


def env(name, default):
    return os.environ.get(name) or default


def guest_environment():
    """Assignments that the job wants, as (name, value)."""
    pairs = [(n, os.environ[n]) for n in PASSED_ON if n in os.environ]
    for word in shlex.split(os.environ.get("VM_ENV", "")):
        name, eq, value = word.partition("=")
        if not eq or not name.isidentifier():
            sys.exit(f"vm: VM_ENV: {word!r} is not NAME=value")
        pairs.append((name, value))
    return pairs


def read(path):
    return path.read_text(errors="replace") if path.exists() else ""


def write_job(out, args):
    run = ""
    if args.run:
        run = args.run
        if run.startswith(HIDDEN):
            shutil.copy(run, out / "run")
            run = "/run/out/run"
    job = {"JOB_RUN": run, "JOB_CWD": os.getcwd(), "JOB_MODULES": str(args.image / "modules"),
           "JOB_SHELL": "1" if args.shell else "", "JOB_NO_KMEMLEAK": env("VM_NO_KMEMLEAK", "")}
    if args.shell and sys.stdin.isatty():
        cols, rows = os.get_terminal_size(0)
        job.update(JOB_ROWS=str(rows), JOB_COLS=str(cols))
    lines = [f"{k}={shlex.quote(v)}" for k, v in job.items()]
    lines += [f"export {k}={shlex.quote(v)}" for k, v in guest_environment()]
    (out / "job").write_text("\n".join(lines) + "\n")


def cpus_and_memory(cpus, mem):
    """Two nodes as soon as there are two CPUs, so that NUMA is real."""
    if cpus < 2:
        return ["-smp", str(cpus), "-m", str(mem)]
    half = cpus // 2
    return ["-smp", f"{cpus},sockets=2,cores={half}" if cpus % 2 == 0 else f"{cpus},sockets={cpus}",
            "-m", str(mem),
            "-object", f"memory-backend-ram,id=m0,size={mem // 2}M",
            "-object", f"memory-backend-ram,id=m1,size={mem - mem // 2}M",
            "-numa", f"node,nodeid=0,cpus=0-{half - 1},memdev=m0",
            "-numa", f"node,nodeid=1,cpus={half}-{cpus - 1},memdev=m1"]


def qemu_command(out, args):
    cpus = int(env("VM_CPUS", "2"))
    mem = int(env("VM_MEM", "2048" if args.config == "debug" else "1024"))
    # no_timer_check: on a busy host a TCG guest is too slow for the test of its timer, and panics
    append = ("root=/dev/root rootfstype=9p "
              "rootflags=trans=virtio,version=9p2000.L,msize=262144,cache=loose ro "
              f"init={LAB}/guest-init console=ttyS0 quiet log_buf_len=8M panic=-1 oops=panic "
              f"no_timer_check mitigations=off net.ifnames=0 {accel.cmdline(args.image)} "
              f"{os.environ.get('VM_CMDLINE', '')}")
    if args.config == "debug":
        append += " kasan_multi_shot"	# a known report must not hide the next one
    cmd = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot",
           "-M", "q35", *accel.options(args.image),
           *cpus_and_memory(cpus, mem), "-kernel", str(args.image / "bzImage"),
           "-display", "none", "-vga", "none", "-monitor", "none",
           "-chardev", f"file,id=klog,path={out}/console", "-serial", "chardev:klog",
           "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
           "-fsdev", "local,id=r,path=/,security_model=none,readonly=on,multidevs=remap",
           "-device", "virtio-9p-pci,fsdev=r,mount_tag=/dev/root",
           "-fsdev", f"local,id=o,path={out},security_model=none",
           "-device", "virtio-9p-pci,fsdev=o,mount_tag=out"]
    if args.shell:
        cmd += ["-chardev", "stdio,id=tty,signal=off", "-device", "virtconsole,chardev=tty"]
    else:
        cmd += ["-chardev", f"file,id=job,path={out}/stdout",
                "-device", "virtserialport,chardev=job,name=job.out"]
    return cmd + shlex.split(os.environ.get("VM_QEMU", "")) + ["-append", append]


def die_with_parent():
    """QEMU must not outlive the runner, however the runner ends (PR_SET_PDEATHSIG)."""
    os.setpgid(0, 0)
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Relay:
    """Copies what has been appended to a file to stdout."""

    def __init__(self, path):
        self.path, self.file = path, None

    def step(self):
        if not self.file:
            if not self.path.exists():
                return
            self.file = open(self.path, "rb")
        while data := self.file.read(1 << 16):
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()


def run_guest(out, args):
    """Returns (status or None, what ended it)."""
    timeout = float(env("VM_TIMEOUT", "0" if args.shell else "600"))
    qlog = open(out / "qemu.log", "wb")
    shell = args.shell
    try:
        qemu = subprocess.Popen(qemu_command(out, args), stdin=None if shell else subprocess.DEVNULL,
                                stdout=None if shell else qlog, stderr=None if shell else qlog,
                                preexec_fn=None if shell else die_with_parent)
    except OSError as e:
        return NO_GUEST, f"QEMU does not start: {e}"
    relay = Relay(out / "stdout")
    end = time.monotonic() + timeout if timeout else float("inf")
    hung = None
    done = False
    given_up = []
    signal.signal(signal.SIGUSR1, lambda *_: given_up.append(True))
    try:
        while qemu.poll() is None:
            relay.step()
            if not done and (out / "status").exists():
                done = True
                end = min(end, time.monotonic() + POWEROFF_SECS)
            if time.monotonic() > end:
                hung = "at power-off" if done else f"for VM_TIMEOUT={timeout:g} s"
                break
            if given_up:
                hung = "and its user gave up"
                break
            time.sleep(0.05)
    finally:
        if qemu.poll() is None:
            qemu.kill()
            qemu.wait()
    relay.step()
    console = read(out / "console")
    panic = klog.panic_line(console)
    if panic:
        return PANIC, f"the kernel panicked: {panic}"
    if hung:
        return HUNG, f"the guest hung {hung}"
    if (out / "status").exists():
        return int((out / "status").read_text()), None
    if qemu.returncode and not console:
        return NO_GUEST, f"QEMU failed: {read(out / 'qemu.log').strip()}"
    last = read(out / "qemu.log").strip()
    return NO_STATUS, f"the guest ended without a status (QEMU: {qemu.returncode}{', ' + last if last else ''})"


def kernel_log(out):
    """The log that the guest sent. If the guest did not end by itself, what the console has as
    well: the last words of a kernel reach only that."""
    text = klog.from_kmsg(read(out / "kmsg"))
    if not (out / "status").exists():
        text += "\n--- console ---\n" + read(out / "console")
    return text + read(out / "kmemleak")


def keep_log(text):
    """The kernel log of a failed run stays; the oldest ones go."""
    logs = CACHE / "vm" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    for old in sorted(logs.iterdir())[:-KEEP_LOGS]:
        old.unlink(missing_ok=True)
    path = logs / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    path.write_text(text)
    return path


def judge(out, args, status, why):
    """Prints what went wrong and returns the final status."""
    text = kernel_log(out)
    reports = klog.reports(text, klog.load_known(LAB / "known-reports", args.config))
    if why:
        say(why)
    for report in reports[:3]:
        print("\n".join("    " + line for line in report), file=sys.stderr)
    if len(reports) > 3:
        say(f"{len(reports) - 3} more reports in the log")
    if reports:
        say(f"the kernel reported {len(reports)} fault(s)")
        status = status or REPORT
    path = os.environ.get("VM_KERNEL_LOG")
    if path:
        Path(path).write_text(text)
    elif status and text:
        path = keep_log(text)
    if status:
        say(f"exit status {status}" + (f"; kernel log: {path}" if path else ""))
    return status


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--image", type=Path, required=True)
    p.add_argument("--config", default="base")
    what = p.add_mutually_exclusive_group(required=True)
    what.add_argument("--run")
    what.add_argument("--shell", action="store_true")
    args = p.parse_args()
    if args.run:
        args.run = os.path.abspath(args.run)
        if not os.path.isfile(args.run) or not os.access(args.run, os.X_OK):
            sys.exit(f"vm: {args.run}: not an executable file")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, f: sys.exit(128 + n))
    (CACHE / "vm").mkdir(parents=True, exist_ok=True)
    out = Path(tempfile.mkdtemp(prefix="run.", dir=CACHE / "vm"))
    try:
        write_job(out, args)
        status, why = run_guest(out, args)
        return judge(out, args, status, why)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 141
    finally:
        shutil.rmtree(out, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

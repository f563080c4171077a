"""CPU time, memory, threads and files of a process, as the kernel reports them."""

import ctypes
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

from servers import ROOT


def cpu_seconds(pid):
    """User and system time of the process with all its threads, also those that have ended, with a precision of nanoseconds."""
    clock = ctypes.c_int()
    error = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
    if error:
        raise OSError(error, os.strerror(error))
    return time.clock_gettime(clock.value)


def sleeps(pid):
    """How often a thread of the process gave the processor away because it waited, until now."""
    pattern = re.compile(r"^voluntary_ctxt_switches:\s+(\d+)$", re.MULTILINE)
    return sum(int(pattern.search(status.read_text())[1]) for status in Path(f"/proc/{pid}/task").glob("*/status"))


def slab_bytes():
    """The memory of all objects of the kernel: sockets, files and more."""
    return int(re.search(r"^Slab:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)[1]) * 1024


def memory_bytes(pid):
    """Resident memory, and the part of it that is private to the process."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()

    def of(pattern):
        return sum(map(int, re.findall(rf"^{pattern}:\s+(\d+) kB", rollup, re.MULTILINE))) * 1024

    return of("Rss"), of("Private_(?:Clean|Dirty)")


def wait_until_idle(pid):
    """A server that says it is ready may still do work of its start: waits until its memory stays the same for a fifth of a second."""
    before = None
    while (now := memory_bytes(pid)) != before:
        before = now
        time.sleep(0.2)


def threads(pid):
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def disk_bytes(pid):
    """The size of the program and of the libraries that it has mapped, without debug information."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    files = {line.split(maxsplit=5)[5] for line in lines if "/" in line}
    return sum(_stripped_bytes(Path(file)) for file in files if Path(file).is_file())


def _stripped_bytes(file):
    if ROOT not in file.parents:
        return file.stat().st_size
    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.run(["strip", "-o", stripped.name, file], check=True)
        return Path(stripped.name).stat().st_size

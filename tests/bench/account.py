"""CPU time, memory, threads and files of a process, as the kernel reports them."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from servers import ROOT

TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of the process: with one thread in nanoseconds, with several in clock ticks, because threads end."""
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    if len(tasks) == 1:
        return int((tasks[0] / "schedstat").read_text().split()[0]) / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_SECONDS


def memory_bytes(pid):
    """Resident memory, and the part of it that is private to the process."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()

    def of(pattern):
        return sum(map(int, re.findall(rf"^{pattern}:\s+(\d+) kB", rollup, re.MULTILINE))) * 1024

    return of("Rss"), of("Private_(?:Clean|Dirty)")


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

"""docs/figures.json: every measured figure that a page quotes. ./dev figures, ./dev bench and ./dev size write their sections.

A section has its command, the date and the machine. The section "by_hand" is edited by hand: it has results of experiments that no
verb repeats, each with its own command and date.
"""

import json
import os
import platform
import re
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "figures.json"


def load():
    return json.loads(FILE.read_text(encoding="utf-8"))


def write_section(name, command, figures):
    """Replaces one section and leaves the others as they are."""
    sections = load()
    date = time.strftime("%Y-%m-%d", time.gmtime())
    sections[name] = {"command": command, "date": date, "machine": machine(), "figures": figures}
    FILE.write_text(encode(sections), encoding="utf-8")


def encode(sections):
    """JSON with a line for each value, and lists of numbers on one line."""
    text = json.dumps(sections, indent=1, ensure_ascii=False)
    return re.sub(r"\[([^][{}]*)\]", lambda found: "[" + " ".join(found[1].split()) + "]", text) + "\n"


def machine():
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    release = re.search(r'^PRETTY_NAME="(.*)"$', Path("/etc/os-release").read_text(encoding="utf-8"), re.MULTILINE)
    virtual = " in a virtual machine" if " hypervisor" in Path("/proc/cpuinfo").read_text(encoding="utf-8") else ""
    system = f"{release[1]}, Linux {platform.release()}"
    return f"{os.cpu_count()} cores of {cpu[1] if cpu else platform.machine()}{virtual}, {system}{h2load_version()}"


def h2load_version():
    try:
        words = subprocess.run(["h2load", "--version"], capture_output=True, text=True, check=False).stdout.split()
    except OSError:
        words = []
    return f", h2load {words[-1]}" if words else ""

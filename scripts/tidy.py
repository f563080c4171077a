"""Runs clang-tidy in parallel on the sources that build folders compile, and caches clean results.

    tidy.py BUILD_FOLDER...

Each source is read without the precompiled header of its target, so one that does not include what it needs is not clean.

A clean source stays clean while the source, its headers, its compiler flags, the configuration and clang-tidy are the same:
build/lint/tidy has an empty file for each such state.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINT = ROOT / "build" / "lint"
REMEMBERED = LINT / "tidy"
# The analyzer follows a function for so many steps. With clang's own limit of 225,000 it takes three times as long, and that has found
# nothing more in these sources.
ANALYZER = ("-Xclang", "-analyzer-config", "-Xclang", "max-nodes=50000")
PRECOMPILED = re.compile(r" -Winvalid-pch| -include \S*/cmake_pch\.hxx")
NOISE = re.compile(r"^(\d+ warnings? generated|Suppressed \d+|Use -header-filter|\d+ warnings? treated as errors)")


def commands(builds):
    """Each source of the project, except generated code, with its entry in compile_commands.json of the first folder that compiles it."""
    found = {}
    for build in builds:
        for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
            path = Path(entry["file"])
            if path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / "build"):
                found.setdefault(path, entry | {"command": PRECOMPILED.sub("", entry["command"])})
    return found


def included_files(entry):
    arguments = shlex.split(entry["command"])
    output = arguments.index("-o")
    del arguments[output : output + 2]
    arguments[arguments.index("-c")] = "-M"
    rule = subprocess.run(arguments, cwd=entry["directory"], check=True, capture_output=True, text=True).stdout
    names = re.findall(r"(?:\\ |\S)+", rule.replace("\\\n", " ").partition(": ")[2])
    return [Path(entry["directory"], name.replace("\\ ", " ")) for name in names]


def state_of(entry, fixed):
    state = hashlib.sha256(fixed + entry["command"].encode())
    for path in included_files(entry):
        if path.is_relative_to("/usr"):
            information = path.stat()
            state.update(f"{path} {information.st_size} {information.st_mtime_ns}\n".encode())
        else:
            state.update(f"{path}\n".encode() + path.read_bytes())
    return state.hexdigest()


def tidy(path, entry, fixed):
    """Returns the output of clang-tidy, or None if the source is clean, and whether clang-tidy ran."""
    try:
        mark = REMEMBERED / state_of(entry, fixed)
    except subprocess.CalledProcessError as error:
        return f"{path}: does not compile\n{error.stderr}", True
    if mark.exists():
        return None, False
    header_filter = f"^{re.escape(str(ROOT))}/(include|src|firmware-host|tests|examples)/"
    command = ["clang-tidy", "--quiet", f"--header-filter={header_filter}", "-p", str(LINT), str(path)]
    flags = [f"--extra-arg={flag}" for flag in ("-Wno-unknown-warning-option", *ANALYZER)]
    result = subprocess.run([*command, *flags], check=False, capture_output=True, text=True)
    if result.returncode == 0:
        mark.touch()
        return None, True
    errors = "\n".join(line for line in result.stderr.splitlines() if not NOISE.match(line))
    return result.stdout + errors, True


def main():
    sources = commands([Path(folder).resolve() for folder in sys.argv[1:]])
    REMEMBERED.mkdir(parents=True, exist_ok=True)
    (LINT / "compile_commands.json").write_text(json.dumps(list(sources.values())), encoding="utf-8")
    configurations = sorted(path for path in ROOT.glob("**/.clang-tidy") if not path.is_relative_to(ROOT / "build"))
    version = subprocess.run(["clang-tidy", "--version"], check=True, capture_output=True).stdout
    fixed = version + b"".join(path.read_bytes() for path in configurations) + Path(__file__).read_bytes()

    failures = asked = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for said, was_asked in pool.map(lambda item: tidy(*item, fixed), sources.items()):
            asked += was_asked
            if said is not None:
                failures += 1
                print(said, flush=True)
    print(f"clang-tidy: {len(sources)} sources, {len(sources) - asked} clean since an earlier run, {failures} not clean")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

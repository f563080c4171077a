"""Checks that the sources in refused/ do not compile. The first line of each has the only error that the compiler must print.

    refusals_test.py COMPILER FLAG...
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMPILER = [*sys.argv[1:], "-std=c++20"]
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}
HEADERS = '#include <string>\n#include "echo.mote.h"\n'


def precompiled(folder):
    """Compiles a header with everything that the sources include."""
    header = Path(folder) / "headers.h"
    header.write_text(HEADERS, encoding="utf-8")
    subprocess.run([*COMPILER, "-x", "c++-header", str(header), "-o", f"{header}.gch"], check=True, env=ENVIRONMENT)
    return header


def errors_of(source, header):
    """The errors of the compiler, or None if the source compiles."""
    command = [*COMPILER, "-fsyntax-only", "-include", str(header), str(source)]
    result = subprocess.run(command, check=False, capture_output=True, text=True, env=ENVIRONMENT)
    if result.returncode == 0:
        return None
    # GCC 14 reports the call of a consteval function in addition to the reason why it is not constant.
    return [line for line in result.stderr.splitlines() if "error: " in line and "call to consteval function" not in line]


def is_refused(source, errors):
    sentence = source.read_text(encoding="utf-8").splitlines()[0].partition("// Refused: ")[2]
    refused = bool(sentence and errors) and len(errors) == 1 and sentence in errors[0]
    print(f"{'ok' if refused else 'FAILED'}: {source.name}: {sentence}", *(errors or []), sep="\n  ")
    return refused


def main():
    with tempfile.TemporaryDirectory() as folder:
        header = precompiled(folder)
        sources = [HERE / "accepted.cpp", *sorted((HERE / "refused").glob("*.cpp"))]
        with ThreadPoolExecutor(os.cpu_count()) as compilers:
            accepted, *errors = compilers.map(lambda source: errors_of(source, header), sources)
    if accepted is not None:
        print("accepted.cpp does not compile", *accepted, sep="\n  ")
    refused = [is_refused(source, each) for source, each in zip(sources[1:], errors, strict=True)]
    return 0 if accepted is None and refused and all(refused) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Sources that must not compile: the first line of each in refused/ has the one sentence that the compiler is to say.

    refusals_test.py COMPILER FLAG...
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMPILER = [*sys.argv[1:], "-std=c++20"]
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}
HEADERS = '#include <string>\n#include "echo.pb.h"\n#include "mote/rpc/handler.h"\n'


def precompiled(folder):
    """A header with all that the sources include, compiled once."""
    header = Path(folder) / "headers.h"
    header.write_text(HEADERS, encoding="utf-8")
    subprocess.run([*COMPILER, "-x", "c++-header", str(header), "-o", f"{header}.gch"], check=True, env=ENVIRONMENT)
    return header


def errors_of(source, header):
    """What the compiler says is wrong, or None where nothing is."""
    command = [*COMPILER, "-fsyntax-only", "-include", str(header), str(source)]
    result = subprocess.run(command, check=False, capture_output=True, text=True, env=ENVIRONMENT)
    return [line for line in result.stderr.splitlines() if "error: " in line] if result.returncode else None


def is_refused(source, header):
    sentence = source.read_text(encoding="utf-8").splitlines()[0].partition("// Refused: ")[2]
    errors = errors_of(source, header)
    refused = bool(sentence and errors) and len(errors) == 1 and sentence in errors[0]
    print(f"{'ok' if refused else 'NOT REFUSED SO'}: {source.name}: {sentence}", *(errors or []), sep="\n  ")
    return refused


def main():
    with tempfile.TemporaryDirectory() as folder:
        header = precompiled(folder)
        accepted = errors_of(HERE / "accepted.cpp", header)
        if accepted is not None:
            print("accepted.cpp does not compile", *accepted, sep="\n  ")
        refused = [is_refused(source, header) for source in sorted((HERE / "refused").glob("*.cpp"))]
    return 0 if accepted is None and refused and all(refused) else 1


if __name__ == "__main__":
    sys.exit(main())

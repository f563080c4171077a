"""Each source in refused/ breaks one rule of freestanding.py. Its first line names the symbols that must be refused."""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECK = [sys.executable, str(HERE / "freestanding.py")]


def refusals(source):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*CHECK, "compile", "--out", folder, str(source)], check=True, capture_output=True)
        objects = [str(path) for path in Path(folder).glob("*.o")]
        link = [*CHECK, "link", "--prefix", "arm-none-eabi-", *objects]
        result = subprocess.run(link, check=False, capture_output=True, text=True)
    return result.returncode, [line for line in result.stdout.splitlines() if line.startswith("refused:")]


def main():
    sources = sorted((HERE / "refused").glob("*.cpp"))
    failed = not sources
    for source in sources:
        expected = source.read_text(encoding="utf-8").splitlines()[0].partition("Refused:")[2].split()
        code, lines = refusals(source)
        seen = code == 1 and bool(expected) and all(any(name in line for line in lines) for name in expected)
        print(f"{'ok' if seen else 'NOT REFUSED'}: {source.name}: {' '.join(expected)}", *lines, sep="\n  ")
        failed = failed or not seen
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

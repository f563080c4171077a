"""Measures what the products take, and writes docs/size.md.

    size.py            measures all, writes docs/size.md, prints it
    size.py --check    compares the firmware images that are built with the lines in boards/*/size.txt; exit code 1 where one is larger

A section of the document is a module with two functions: section() returns its text, check() what is wrong, a line each.
"""

import sys
from pathlib import Path

import size_boards
import size_firmware

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "size.md"
SECTIONS = (size_firmware, size_boards)
HEAD = """\
# Sizes

Written by `./dev size`, which builds, measures and runs everything that stands here. Tests fail when something grows past
its line in `boards/`.
"""


def main():
    if sys.argv[1:] == ["--check"]:
        faults = [fault for section in SECTIONS for fault in section.check()]
        print("\n".join(faults) or "all within their lines")
        return 1 if faults else 0
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    text = "\n".join([HEAD, *(section.section() for section in SECTIONS)])
    DOCUMENT.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

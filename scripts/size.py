"""Measures what the products take, and writes docs/size.md.

    size.py                    measures all, writes docs/size.md, prints it
    size.py --check BOARD...   compares what is built for these boards with boards/BOARD/size.txt; exit code 1 where it is larger

A section of the document is a module with three functions: section() returns its text, check(board) what is wrong with a board, a
line each, and boards() names those that it can check.
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
    if sys.argv[1:2] == ["--check"] and sys.argv[2:]:
        return check(sys.argv[2:])
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    text = "\n".join([HEAD, *(section.section() for section in SECTIONS)])
    DOCUMENT.write_text(text, encoding="utf-8")
    print(text)
    return 0


def check(boards):
    faults = []
    for board in boards:
        section = next((section for section in SECTIONS if board in section.boards()), None)
        faults += section.check(board) if section else [f"no board {board} has a size.txt"]
    print("\n".join(faults) or "all within their lines")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

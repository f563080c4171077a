"""Measures the sizes of the products, writes docs/figures.json and renders the pages from it, such as docs/size.md.

    size.py                    measures all
    size.py --check BOARD...   compares the programs of these boards with boards/BOARD/size.txt; exit code 1 if one is larger

A section of the page is a module with four functions: measure() returns its figures, section(figures) its text, check(board)
the faults of a board, and boards() the names of boards that it can check.
"""

import sys

import figures_file
import render_figures
import size_boards
import size_firmware

SECTIONS = {"firmware": size_firmware, "boards": size_boards}


def main():
    if sys.argv[1:2] == ["--check"] and sys.argv[2:]:
        return check(sys.argv[2:])
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    figures_file.write_section("size", "./dev size", {name: section.measure() for name, section in SECTIONS.items()})
    render_figures.render()
    return 0


def check(boards):
    faults = []
    for board in boards:
        section = next((section for section in SECTIONS.values() if board in section.boards()), None)
        faults += section.check(board) if section else [f"no board {board} has a size.txt"]
    print("\n".join(faults) or "all within their limits")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

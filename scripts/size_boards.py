"""The programs of Linux boards: what they take on disk and in memory.

    size_boards.py --check BOARD...    compares what is built with boards/BOARD/size.txt; exit code 1 where it is larger
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("mote-gateway", "mote-device", "mote-gateway-grpc")


def limits(board):
    """Program names with the most bytes that each may take, stripped; empty for boards without an operating system."""
    text = (ROOT / "boards" / board / "size.txt").read_text(encoding="utf-8")
    return {name: int(most) for name, most in re.findall(r"^([\w-]+)\s+(\d+)$", text, re.MULTILINE)}


def linux_boards():
    return sorted(path.parent.name for path in ROOT.glob("boards/*/size.txt") if limits(path.parent.name))


def built_boards():
    return [board for board in linux_boards() if all(program(board, name).exists() for name in limits(board))]


def program(board, name):
    return ROOT / "build" / board / "bin" / name


def check(boards=None):
    """What has outgrown its line, of all boards that are built unless told."""
    faults = []
    for board in boards or built_boards():
        for name, most in limits(board).items():
            size = program(board, name).stat().st_size
            print(f"{board}: {name} takes {size} of {most} bytes")
            if size > most:
                faults.append(f"{board}: {name} takes {size} bytes, {size - most} more than boards/{board}/size.txt says")
    return faults


def sections_of(path):
    """Bytes of .text with what is constant, of .data and of .bss."""
    output = subprocess.run(["size", str(path)], check=True, capture_output=True, text=True).stdout
    return [int(word) for word in output.splitlines()[1].split()[:3]]


def worst_case(board):
    """The memory that the board's limits add up to, and its budget, as the gateway of this board says itself."""
    # The line stands in the file that --print-config writes.
    command = [*emulator(board), str(program(board, "mote-gateway"))]
    config = ROOT / "boards" / board / "gateway.conf"
    text = subprocess.run(
        [*command, "--config", str(config), "--print-config"], check=True, capture_output=True, text=True
    ).stdout
    return re.search(r"worst case (.+) of budget (.+)\.$", text, re.MULTILINE).groups()


def emulator(board):
    text = (ROOT / "boards" / board / "board.cmake").read_text(encoding="utf-8")
    triplet = re.search(r"MOTE_TRIPLET (\S+)\)", text)[1]
    name = "aarch64" if triplet.startswith("aarch64") else "arm"
    return [f"qemu-{name}-static", "-cpu", re.search(r"MOTE_EMULATED_CPU (\S+)\)", text)[1]]


def section():
    lines = [
        "## Linux boards",
        "",
        "Static programs, -Os, without TLS, of the boards that `./dev cross` had built. Bytes; memory by each board's `gateway.conf`,",
        "as its gateway says itself.",
        "",
        "| board | program | stripped | at most | .text | .data | .bss | worst case of the limits | budget |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for board in built_boards():
        for name, most in limits(board).items():
            path = program(board, name)
            size = path.stat().st_size
            text, data, bss = sections_of(path)
            worst, budget = worst_case(board) if name == "mote-gateway" else ("", "")
            cells = [board, f"`{name}`", *(f"{number:,}" for number in (size, most, text, data, bss)), worst, budget]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def main():
    if sys.argv[1:2] != ["--check"] or len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    faults = check(sys.argv[2:])
    print("\n".join(faults) or "all within their lines")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

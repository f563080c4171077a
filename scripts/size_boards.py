"""The sizes of the programs of Linux boards on disk and in memory."""

import re
import subprocess
from pathlib import Path

import board_memory

ROOT = Path(__file__).resolve().parent.parent
DISK = """\
## Linux boards

Sizes of the programs in bytes. Those on the lean engine have TLS. They are static, with musl and -Os; those of a PC are optimized for speed (-O2), and those
on gRPC's library are linked dynamically with Debian's libraries. `./dev cross` fails when one is larger than "at most". Boards that
were not built have no row.
"""
MEMORY = """
Memory with each board's `gateway.conf`. The worst case is the sum of the limits, which the gateway computes and reserves at start. Only
used pages of it become resident. Resident memory is measured by the kernel of a virtual ARM machine in QEMU, with pages of 4 KiB, in
which `scripts/board_memory.py` starts the programs of the board. It is not measured for a PC and for the programs on gRPC's library.
"""


def limits(board):
    """The largest permitted stripped size of each program, by name; empty for boards without an operating system."""
    text = (ROOT / "boards" / board / "size.txt").read_text(encoding="utf-8")
    return {name: int(most) for name, most in re.findall(r"^([\w-]+)\s+(\d+)$", text, re.MULTILINE)}


def boards():
    return sorted(path.parent.name for path in ROOT.glob("boards/*/size.txt") if limits(path.parent.name))


def program(board, name):
    return ROOT / "build" / board / "bin" / name


def is_built(board):
    return all(program(board, name).exists() for name in limits(board))


def check(board):
    """The programs that are larger than their limit."""
    faults = []
    for name, most in limits(board).items():
        size = program(board, name).stat().st_size
        print(f"{board}: {name} has {size} of at most {most} bytes")
        if size > most:
            faults.append(f"{board}: {name} has {size} bytes, {size - most} more than boards/{board}/size.txt allows")
    return faults


def sections_of(path):
    """Bytes of .text with constant data, of .data and of .bss."""
    output = subprocess.run(["size", str(path)], check=True, capture_output=True, text=True).stdout
    return [int(word) for word in output.splitlines()[1].split()[:3]]


def worst_case(board, gateway):
    """The worst case of the limits of the board and its budget, as printed by the gateway of this board."""
    # The line is in the output of --print-config.
    emulator = (ROOT / "build" / board / "emulator.txt").read_text(encoding="utf-8").split()
    config = ROOT / "boards" / board / "gateway.conf"
    command = [*emulator, program(board, gateway), "--config", config, "--print-config"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.search(r"worst case (.+) of budget (.+)\.$", text, re.MULTILINE).groups()


def measure():
    """The size of each program of each built board on disk, and the memory of gateways."""
    return {board: {name: measure_program(board, name) for name in limits(board)} for board in filter(is_built, boards())}


def measure_program(board, name):
    path = program(board, name)
    text, data, bss = sections_of(path)
    figures = {"stripped_bytes": path.stat().st_size, "text_bytes": text, "data_bytes": data, "bss_bytes": bss}
    if name.startswith("mote-gateway"):
        figures["worst_case"], figures["budget"] = worst_case(board, name)
        # If QEMU has a machine for it.
        if board_memory.can_measure(board):
            figures["resident_start_kib"], figures["resident_calls_kib"] = board_memory.measure(board)
    return figures


def section(figures):
    on_disk = [
        "| board | program | stripped | at most | .text | .data | .bss |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    in_memory = [
        f"| board | program | worst case of the limits | budget | resident after start, KiB | after {board_memory.CALLS:,} calls, KiB |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for board, programs in sorted(figures.items()):
        for name, measured in programs.items():
            sizes = (measured[key] for key in ("text_bytes", "data_bytes", "bss_bytes"))
            numbers = (measured["stripped_bytes"], limits(board)[name], *sizes)
            on_disk.append(row(board, f"`{name}`", *(f"{number:,}" for number in numbers)))
            if "worst_case" in measured:
                resident = [measured.get(key) for key in ("resident_start_kib", "resident_calls_kib")]
                cells = (f"{kib:,}" if kib else "" for kib in resident)
                in_memory.append(row(board, f"`{name}`", measured["worst_case"], measured["budget"], *cells))
    return "\n".join([DISK, *on_disk, MEMORY, *in_memory, ""])


def row(*cells):
    return "| " + " | ".join(cells) + " |"

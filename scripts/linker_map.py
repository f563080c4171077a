"""Reads the map that GNU ld writes with -Map: the total size, and the size from each object file."""

import re
from pathlib import Path
from typing import NamedTuple

# ` .text.name 0xaddress 0xsize file`; a long name is on its own line before the rest.
OUTPUT_SECTION = re.compile(r"^(\.\w+)(?:\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)|$)")
INPUT_SECTION = re.compile(r"^ (\S+)?\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?: (\S.*))?$")
NAME_ALONE = re.compile(r"^ (\.\S+|COMMON)$")


class Piece(NamedTuple):
    output: str  # ".text"
    name: str  # ".text.mote_reset", or "*fill*"
    file: str  # "src/hpack/libmote_hpack.a(huffman.cpp.obj)"; empty for padding
    address: int
    size: int


def read_map(path):
    """The sections in the program, without those of size 0."""
    pieces, ends = [], {}
    output = name = None
    _, _, text = Path(path).read_text(encoding="utf-8").partition("Linker script and memory map")
    for line in map(str.rstrip, text.splitlines()):
        if section := OUTPUT_SECTION.match(line):
            output = section[1]
            if section[3]:
                ends[output] = int(section[2], 16) + int(section[3], 16)
        elif alone := NAME_ALONE.match(line):
            name = alone[1]
        elif (found := INPUT_SECTION.match(line)) and output:
            address, size = int(found[2], 16), int(found[3], 16)
            if size and (found[4] or found[1] == "*fill*"):
                pieces.append(Piece(output, found[1] or name, found[4] or "", address, size))
            name = None
    return [_without_shared(piece, following, ends) for piece, following in zip(pieces, [*pieces[1:], None])]


def section_sizes(path):
    """The size of each output section in bytes."""
    _, _, text = Path(path).read_text(encoding="utf-8").partition("Linker script and memory map")
    found = map(OUTPUT_SECTION.match, text.splitlines())
    return {section[1]: int(section[3], 16) for section in found if section and section[3]}


def _without_shared(piece, following, ends):
    """Corrects merged strings: the program contains them once, but the map counts them for each file."""
    is_last = following is None or following.output != piece.output
    end = ends.get(piece.output) if is_last else following.address
    return piece if end is None else piece._replace(size=min(piece.size, end - piece.address))

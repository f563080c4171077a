"""Writes a header with the kinds of fields of the messages of an image, so that nanopb is compiled without code for other kinds.

    nanopb_kinds.py OUT.h PB.h MESSAGES.pb.h...

nanopb interprets a description of each message at run time, so it has code for every kind of field. Two fifths of that code are
for arrays, oneofs, extensions and number formats that an image may not use. The header is included before nanopb's sources
(-include). It gives each unused kind a number that occurs in no description, so that the compiler removes the code for it.

The given headers must contain every message that the image decodes or encodes. PB.h is nanopb's header, which numbers the kinds.
Nothing else changes: nanopb reads, writes and refuses the same messages, with the same structs and functions.
"""

import re
import sys
from pathlib import Path

MESSAGE = re.compile(r"^#define (\w+)_FIELDLIST\(X, a\) \\\n((?:X\(.*\n)+)(?s:.*?)^#define \1_CALLBACK (\w+)$", re.MULTILINE)
# The name of a member of a oneof is in brackets.
FIELD = re.compile(r"^X\(a, (\w+), +(\w+), +(\w+), +(?:\w+|\([\w,.]+\)), +\d+\)", re.MULTILINE)

# The callbacks of src/codec process strings and bytes completely. Other callbacks may need nanopb to write the tag.
CODEC = ("mote_bytes_callback", "mote_optional_callback", "mote_field_callback")

# Above all bits of a kind in a field description.
NEVER = 0x100


class Kinds:
    """The allocation (A), repetition (H) and encoding (L) of a field, with the numbers in pb.h."""

    def __init__(self, pb_h):
        found = re.findall(r"^#define PB_([AHL])TYPE_(\w+) +0x([0-9A-F]+)U", pb_h, re.MULTILINE)
        self.numbers = {letter: {} for letter in "AHL"}
        for letter, name, number in found:
            if name not in ("MASK", "LAST_PACKABLE"):
                self.numbers[letter][name] = int(number, 16)
        self.written_as = dict(re.findall(r"^#define PB_LTYPE_MAP_(\w+) +PB_LTYPE_(\w+)$", pb_h, re.MULTILINE))
        self.used = {letter: set() for letter in "AHL"}

    def take(self, header):
        """The fields of a generated header. Raises ValueError for a kind that is not in pb.h."""
        for _, fields, callback in MESSAGE.findall(header):
            for memory, count, value in FIELD.findall(fields):
                self._use("A", memory)
                self._use("H", count)
                if not (memory == "CALLBACK" and callback in CODEC and value in ("STRING", "BYTES")):
                    self._use("L", self.written_as.get(value, value))

    def _use(self, letter, name):
        if name not in self.numbers[letter]:
            raise ValueError(f"pb.h has no field kind {name}")
        self.used[letter].add(self.numbers[letter][name])

    def header(self):
        lines = ["/* Written by cmake/nanopb_kinds.py, which explains it. */", "#pragma once", "#include <pb.h>"]
        for letter, numbers in self.numbers.items():
            for name, number in numbers.items():
                if number not in self.used[letter]:
                    lines += [f"#undef PB_{letter}TYPE_{name}", f"#define PB_{letter}TYPE_{name} {NEVER | number:#x}U"]
        if len(self.used["H"]) == 1:
            lines += ["#undef PB_HTYPE", f"#define PB_HTYPE(type) {min(self.used['H']):#x}U"]
        return "\n".join(lines) + "\n"


def main(out, pb_h, *headers):
    kinds = Kinds(Path(pb_h).read_text(encoding="utf-8"))
    for header in headers:
        kinds.take(Path(header).read_text(encoding="utf-8"))
    Path(out).write_text(kinds.header(), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

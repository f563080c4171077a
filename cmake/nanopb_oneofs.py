"""Refuses a oneof that peers could abuse.

    nanopb_oneofs.py MESSAGES.pb.h...

The members of a oneof share their memory. When one of them is a callback of the caller (pb_callback_t), the number that a
peer sends for another member could be taken for the address of a function: nanopb's advisory GHSA-p24j-vqcp-x988. The
decoder of src/codec clears the memory in between, but nanopb's own decoder before 0.4.9.2 does not, and no service needs such
a field. The callbacks of src/codec do not read what a peer left there.
"""

import sys
from pathlib import Path

from nanopb_kinds import CODEC, FIELD, MESSAGE


def mixed_oneofs(header):
    """The messages of a generated header with a callback in a oneof."""
    for name, fields, callback in MESSAGE.findall(header):
        kinds = [(memory, count) for memory, count, _ in FIELD.findall(fields)]
        if ("CALLBACK", "ONEOF") in kinds and callback not in CODEC:
            yield name


def main(*headers):
    found = [(path, name) for path in headers for name in mixed_oneofs(Path(path).read_text(encoding="utf-8"))]
    for path, name in found:
        print(
            f"{path}: {name}: a oneof with a callback lets a peer choose a function to call. Give the oneof no_unions:true in"
            " the .options file (docs/services.md)",
            file=sys.stderr,
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Checks that includes point downwards, with the table of rooms in docs/architecture.md.

    rooms_test.py ROOT

The table lists the rooms from the ground up. A room is a folder, or a file with a row of its own. A room may include itself
and the rooms named in its row, which must be in rows above it.
"""

import re
import sys
from pathlib import Path

PAGE = "docs/architecture.md"
BEGIN, END = "<!-- rooms -->", "<!-- /rooms -->"
TREES = ("include", "src", "firmware-host")
# The include folders of the compiler, in addition to the folder of the including file.
SEARCHED = ("include", "src", "firmware-host", "firmware-host/images", "firmware-host/images/mps2-an385", "firmware-host/ports/mps2-an385",
            "firmware-host/ports/mps2-an385-ethernet", "firmware-host/ports/mps2-an385-uart", "firmware-host/ports/posix",
            "firmware-host/ports/tls")
# Headers that are not in the tree: generated from proto/ and from product.conf, and those of lwIP.
FOREIGN = re.compile(r"(\w+/)*\w+\.(pb|mote|names|client)\.h|product\.h|lwip/.*|mbedtls/.*|psa/.*|ssl_misc\.h|netif/.*|pages\.inc|status_page\.inc|seccomp_filter\.inc")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def read_table(page):
    """Rooms in the order of the table, each with the set of rooms that it may include."""
    between = page.split(BEGIN, 1)[1].split(END, 1)[0]
    rooms = {}
    for line in between.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        names = re.findall(r"`([\w/.*-]+)`", cells[0])
        if len(cells) < 3 or not names:
            continue
        for name in names:
            rooms[name.rstrip("/")] = {room.rstrip("/") for room in re.findall(r"`([\w/.*-]+)`", cells[2])}
    return rooms


def table_faults(rooms):
    """Rows that name a room that is not above them."""
    seen = set()
    for room, allowed in rooms.items():
        for other in allowed:
            if other not in seen:
                yield f"{PAGE}: {room} may include {other}, which is in no row above it"
        seen.add(room)


def room_of(path, rooms):
    """The innermost room that holds the file, or None."""
    holding = [room for room in rooms if path == room or path.startswith(f"{room}/")]
    return max(holding, key=len, default=None)


def find(root, file, name):
    for folder in (file.parent, *(root / searched for searched in SEARCHED)):
        if (folder / name).is_file():
            return (folder / name).resolve().relative_to(root).as_posix()
    return None


def include_faults(root, rooms):
    used = set()
    for tree in TREES:
        for file in sorted((root / tree).rglob("*")):
            if file.suffix not in (".h", ".cpp", ".c"):
                continue
            path = file.relative_to(root).as_posix()
            room = room_of(path, rooms)
            if room is None:
                yield f"{path}: no row of {PAGE} contains it"
                continue
            used.add(room)
            for name in INCLUDE.findall(file.read_text(encoding="utf-8")):
                if FOREIGN.fullmatch(name):
                    continue
                target = find(root, file, name)
                if target is None:
                    yield f'{path}: "{name}" does not exist'
                elif (other := room_of(target, rooms)) not in {room} | rooms[room]:
                    yield f"{path}: {room} may not include {other} ({name})"
    for room in rooms.keys() - used:
        yield f"{PAGE}: {room} is empty"


def self_test():
    """The checks find errors."""
    rooms = read_table(f"{BEGIN}\n| `a/` | ground | |\n| `b/` | above | `a/` |\n| `c/` | wrong | `d/` |\n{END}")
    assert rooms == {"a": set(), "b": {"a"}, "c": {"d"}}, rooms
    assert len(list(table_faults(rooms))) == 1
    assert room_of("a/b/x.h", {"a": set(), "a/b": set()}) == "a/b"


def main():
    root = Path(sys.argv[1]).resolve()
    self_test()
    rooms = read_table((root / PAGE).read_text(encoding="utf-8"))
    faults = [*table_faults(rooms), *include_faults(root, rooms)]
    print(*faults, sep="\n")
    print(f"{len(rooms)} rooms, {len(faults)} faults")
    return 1 if faults or not rooms else 0


if __name__ == "__main__":
    sys.exit(main())

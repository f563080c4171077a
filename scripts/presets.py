"""Writes boards/presets.json: one configure and one build preset for each folder in boards/. Writes only if it changes.

    presets.py            writes it
    presets.py --check    exit code 1 if the file is out of date or the folder of a board is incomplete
"""

import json
import re
import sys
from pathlib import Path

BOARDS = Path(__file__).resolve().parent.parent / "boards"
PRESETS = BOARDS / "presets.json"
BASE = {
    "name": "base",
    "hidden": True,
    "generator": "Ninja",
    "binaryDir": "${sourceDir}/build/${presetName}",
    "cacheVariables": {"MOTE_WARNINGS_AS_ERRORS": "ON"},
}
BOARD = {
    "name": "board",
    "hidden": True,
    "inherits": "base",
    "toolchainFile": "${sourceDir}/toolchains/board.cmake",
    "cacheVariables": {"MOTE_BOARD": "${presetName}", "CMAKE_BUILD_TYPE": "MinSizeRel"},
}


def boards():
    return sorted(path.parent for path in BOARDS.glob("*/board.cmake"))


def is_firmware(board):
    return bool(re.search(r"MOTE_TRIPLET arm-none-eabi\b", (board / "board.cmake").read_text(encoding="utf-8")))


def has_tls(board):
    return bool(re.search(r"^set\(MOTE_BOARD_TLS ON\)$", (board / "board.cmake").read_text(encoding="utf-8"), re.MULTILINE))


def presets():
    configure = [BASE, BOARD]
    for board in boards():
        one = {"name": board.name, "inherits": "board"}
        chosen = {"MOTE_FIRMWARE": is_firmware(board), "MOTE_TLS": has_tls(board)}
        if any(chosen.values()):
            one["cacheVariables"] = {name: "ON" for name, is_on in chosen.items() if is_on}
        configure.append(one)
    build = [{"name": board.name, "configurePreset": board.name} for board in boards()]
    return json.dumps({"version": 6, "configurePresets": configure, "buildPresets": build}, indent=2) + "\n"


def missing_files():
    for board in boards():
        wanted = ["README.md", "size.txt"] + ([] if is_firmware(board) else ["gateway.conf"])
        yield from (f"boards/{board.name} has no {name}" for name in wanted if not (board / name).is_file())


def main():
    text = presets()
    if sys.argv[1:] == ["--check"]:
        faults = list(missing_files())
        if PRESETS.read_text(encoding="utf-8") != text:
            faults.append("boards/presets.json is out of date: scripts/presets.py writes it from the folders in boards/")
        print(*faults, sep="\n")
        return 1 if faults else 0
    if not PRESETS.exists() or PRESETS.read_text(encoding="utf-8") != text:
        PRESETS.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

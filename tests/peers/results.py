"""Collects the results of the runs of tests/peers for docs/conformance.md.

    results.py FOLDER FILE     reads a JSON file of each run from FOLDER and writes all of them to FILE
"""

import json
import sys
from pathlib import Path


def main():
    folder, file = map(Path, sys.argv[1:])
    runs = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    runs.sort(key=lambda run: (run["client"] == "mote-device", run["server"], run["through"] or "", run["client"]))
    # The description of each behaviour, for clients of the gateway and for mote-device.
    descriptions = {"clients": {}, "mote-device": {}}
    for run in runs:
        descriptions["mote-device" if run["client"] == "mote-device" else "clients"] |= run.pop("descriptions")
    file.write_text(json.dumps({"descriptions": descriptions, "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Gathers what the runs of tests/peers have left, for docs/conformance.md.

    results.py FOLDER FILE     FOLDER has a JSON file of each run; FILE gets all of them
"""

import json
import sys
from pathlib import Path


def main():
    folder, file = map(Path, sys.argv[1:])
    runs = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    runs.sort(key=lambda run: (run["client"] == "mote-device", run["server"], run["through"] or "", run["client"]))
    # What each behaviour is, once for the clients of the gateway and once for mote-device.
    says = {"clients": {}, "mote-device": {}}
    for run in runs:
        says["mote-device" if run["client"] == "mote-device" else "clients"] |= run.pop("says")
    file.write_text(json.dumps({"says": says, "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""./dev bench --quick: compares the instructions per call of the hot paths with tests/bench/baseline.json, and checks that no call
waits for a window."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import instructions
import window_waits
from servers import BIN, HERE

BASELINE = HERE / "baseline.json"
MOST_GROWTH = 1.05


def count_all():
    """Instructions per call of every scenario. Two run at a time, which does not change the counts."""
    with ThreadPoolExecutor(2) as pool:
        counts = pool.map(lambda scenario: instructions.per_call([BIN / "mote-gateway"], scenario), instructions.SCENARIOS)
        return {scenario.name: round(count) for scenario, count in zip(instructions.SCENARIOS, counts)}


def update():
    counts = count_all()
    BASELINE.write_text(json.dumps(counts, indent=2) + "\n")
    for name, count in counts.items():
        print(f"{name:24}{count:8}")
    print(f"bench: written to {BASELINE.relative_to(HERE.parents[1])}")
    return 0


def check():
    baseline = json.loads(BASELINE.read_text())
    counts = count_all()
    grown = []
    print(f"{'instructions per call':24}{'now':>8}{'before':>8}{'change':>9}")
    for scenario in instructions.SCENARIOS:
        now, kept = counts[scenario.name], baseline.get(scenario.name)
        change = f"{now / kept - 1:+.1%}" if kept else "new"
        print(f"{scenario.name:24}{now:8}{kept or '-':>8}{change:>9}  {scenario.what}")
        if not kept or now > kept * MOST_GROWTH:
            grown.append(scenario.name)
    waited, calls = window_waits.count([BIN / "mote-gateway"])
    print(f"calls that waited for a window: {waited} of {calls}")
    if waited:
        print("bench: messages of up to 65,530 bytes of ten devices must not wait (large-windows)", file=sys.stderr)
    if not grown:
        return 1 if waited else 0
    print(f"bench: more than {MOST_GROWTH - 1:.0%} above tests/bench/baseline.json: {', '.join(grown)}", file=sys.stderr)
    print("bench: if the change is worth it, run ./dev bench --update-baseline and commit the file", file=sys.stderr)
    return 1

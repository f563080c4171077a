"""MC/DC of the protocol core and the device client: which conditions the unit tests show to decide on their own.

    coverage.py PROFILES [--write]

Reads the profiles that the unit tests of build/coverage wrote into the folder PROFILES (./dev coverage). A decision of several
conditions is covered when, for each condition, two tests differ in it alone and in the result (modified condition/decision
coverage); a decision of one condition when it was true and false; a case when it was reached. Prints the gaps and the table of
docs/security.md; --write puts the table and the explained gaps there.

Exit code: 0 if every gap is explained in explained.txt and every entry there is a gap, else 1.
"""

import argparse
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "coverage" / "bin"
PAGE = ROOT / "docs" / "security.md"
# The kind of a branch region that llvm-cov exports.
PART_OF_DECISION = 6
EXPLAINED = Path(__file__).resolve().parent / "explained.txt"
ROOMS = ("src/bytes", "src/hpack", "src/http2", "src/http2/client", "src/http2/server", "src/grpc_http2", "src/device")
MARKED = re.compile(r"(?<=<!-- mcdc -->\n).*?(?=<!-- /mcdc -->)", re.DOTALL)


class Condition:
    """A place in a source file that is true or false. `covered`: MC/DC of it was shown, or both outcomes of it were seen."""

    def __init__(self, source, span, covered):
        self.source = source
        self.line = span[0]
        self.text = source.text_of(span)
        self.covered = covered

    @property
    def key(self):
        return self.source.name, self.text

    def __str__(self):
        return f"{self.source.name}:{self.line}: {self.text}"


class Source:
    """A source file, and what the profiles say about it."""

    def __init__(self, path, branches, decisions):
        self.name = str(Path(path).relative_to(ROOT))
        self._lines = Path(path).read_text(encoding="utf-8").splitlines()
        # The instantiations of a template come one by one: what one of them showed is covered.
        parts, alone = defaultdict(lambda: [0, 0]), defaultdict(lambda: [0, 0])
        for branch in branches:
            counts = (parts if branch[8] == PART_OF_DECISION else alone)[tuple(branch[:4])]
            counts[0] += branch[4]
            counts[1] += branch[5]
        shown = defaultdict(dict)
        for decision in decisions:
            for index, covered in enumerate(decision[6]):
                span = tuple(decision[:4])
                shown[span][index] = shown[span].get(index, False) or covered
        single = {span: counts for span, counts in alone.items() if span not in shown}
        self.conditions = list(self._several(shown, parts)) + list(self._single(single))
        self.decisions = len(shown) + len(single)

    def _several(self, shown, parts):
        for outer, conditions in shown.items():
            # A lambda inside a decision has decisions of its own.
            inner = [other for other in shown if other != outer and _within(other, outer)]
            places = [span for span in sorted(parts) if _within(span, outer) and not any(_within(span, other) for other in inner)]
            if len(places) != len(conditions):
                raise ValueError(f"{self.name}:{outer[0]}: {len(conditions)} conditions in {len(places)} places")
            for index, place in enumerate(places):
                yield Condition(self, place, conditions[index])

    def _single(self, single):
        for span, (true, false) in single.items():
            is_case = re.match(r"(case|default)\b", self.text_of(span))
            if self._lines[span[0] - 1][: span[1] - 1].endswith("switch ("):
                continue  # No case: the compiler checks that an enum has them all.
            yield Condition(self, span, true > 0 and (bool(is_case) or false > 0))

    def text_of(self, span):
        first, start, last, end = span
        lines = self._lines[first - 1 : last]
        lines[-1] = lines[-1][: end - 1]
        lines[0] = lines[0][start - 1 :]
        return " ".join(line.strip() for line in lines)


def _within(span, outer):
    return outer[:2] <= span[:2] and span[2:] <= outer[2:]


def sources(profiles):
    raw = sorted(profiles.glob("*.profraw"))
    if not raw:
        sys.exit(f"coverage: no profiles in {profiles}")
    merged = profiles / "all.profdata"
    subprocess.run(["llvm-profdata-19", "merge", "-sparse", *map(str, raw), "-o", str(merged)], check=True)
    programs = [str(path) for path in sorted(BIN.glob("*_test"))]
    command = ["llvm-cov-19", "export", "-skip-functions", f"-instr-profile={merged}", programs[0]]
    command += [f"-object={program}" for program in programs[1:]]
    command += ["-sources", *(str(ROOT / room) for room in ROOMS if room.count("/") == 1)]
    exported = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return [Source(file["filename"], file["branches"], file["mcdc_records"]) for file in exported["data"][0]["files"]]


def explanations():
    """Reasons by (file, text of the condition). An entry of explained.txt: the file, "? " and the condition, the reason indented."""
    found = {}
    for entry in EXPLAINED.read_text(encoding="utf-8").strip().split("\n\n"):
        lines = [line for line in entry.splitlines() if not line.startswith("#")]
        if not lines:
            continue
        if len(lines) < 3 or not lines[1].startswith("? "):
            raise ValueError(f"explained.txt: not file, condition and reason: {entry}")
        found[lines[0], lines[1][2:]] = " ".join(line.strip() for line in lines[2:])
    return found


def row(name, condition, reason):
    escaped = condition.replace("|", "\\|")
    return f"| `{name}`: `{escaped}` | {reason} |"


def table(files, gaps, reasons):
    lines = ["| room | decisions | conditions | shown | explained below |", "|---|---:|---:|---:|---:|"]
    for room in ROOMS:
        here = [source for source in files if str(Path(source.name).parent) == room]
        conditions = [condition for source in here for condition in source.conditions]
        shown = sum(condition.covered for condition in conditions)
        explained = sum(1 for condition in gaps if condition.source in here and condition.key in reasons)
        lines.append(
            f"| `{room}` | {sum(source.decisions for source in here):,} | {len(conditions):,} | {shown:,} | {explained:,} |"
        )
    lines += ["", "| condition | why no unit test shows it |", "|---|---|"]
    listed = {condition.key for condition in gaps if condition.key in reasons}
    lines += [row(name, text, reasons[name, text]) for name, text in sorted(listed)]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("profiles", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()

    files = sources(arguments.profiles)
    gaps = [condition for source in files for condition in source.conditions if not condition.covered]
    reasons = explanations()
    text = table(files, gaps, reasons)
    print(text)
    open_gaps = [condition for condition in gaps if condition.key not in reasons]
    for condition in open_gaps:
        print(f"gap: {condition}")
    stale = sorted(reasons.keys() - {condition.key for condition in gaps})
    for name, condition in stale:
        print(f"explained.txt: no gap any more: {name}: {condition}")
    if arguments.write:
        PAGE.write_text(MARKED.sub(lambda _: text, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 1 if open_gaps or stale else 0


if __name__ == "__main__":
    sys.exit(main())

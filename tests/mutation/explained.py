"""Reads explained.txt: mutants that no test can detect, each with the reason.

An entry has a line with the file, a line with "- " and the source line before, a line with "+ " and the source line after, and
one or more indented lines with the reason. An empty line ends the entry.
"""

from pathlib import Path

PATH = Path(__file__).resolve().parent / "explained.txt"


def read(text=None):
    """Reasons by (file, line before, line after). Raises ValueError if an entry is malformed."""
    text = PATH.read_text(encoding="utf-8") if text is None else text
    found = {}
    for entry in text.strip().split("\n\n"):
        lines = [line for line in entry.splitlines() if not line.startswith("#")]
        if not lines:
            continue
        if len(lines) < 4 or not lines[1].startswith("- ") or not lines[2].startswith("+ "):
            raise ValueError(f"explained.txt: not file, -, + and reason: {entry}")
        found[lines[0], lines[1][2:], lines[2][2:]] = " ".join(line.strip() for line in lines[3:])
    return found

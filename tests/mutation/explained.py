"""Reads explained.txt: mutants that no test can notice, each with the reason.

An entry is four lines: the file, "- " and the line before, "+ " and the line after, and the reason, indented. An empty line ends it.
"""

from pathlib import Path

PATH = Path(__file__).resolve().parent / "explained.txt"


def read(text=None):
    """Reasons by (file, line before, line after). Raises ValueError where an entry is malformed."""
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

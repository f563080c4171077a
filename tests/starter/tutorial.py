"""Runs docs/tutorial.md: its ```sh blocks in one shell, its ```diff blocks with patch. A ```text block has lines that the block before it
prints, in this order; they may be parts of lines. Blocks of code are excerpts of a file of the project at that point."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/tutorial.md"
MARK = "@@ block "
# Ends what the page starts, also if a command fails.
HEAD = "set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"


class Failed(AssertionError):
    pass


def blocks(page):
    """The kind and the text of each block."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def script_of(found):
    lines = [HEAD]
    for number, (kind, text) in enumerate(found):
        lines.append(f"echo; echo '{MARK}{number}'\n")
        if kind == "sh":
            lines.append(text)
        elif kind == "diff":
            lines.append(f"patch -p0 --fuzz=0 <<'END_OF_DIFF'\n{text}END_OF_DIFF\n")
        elif kind != "text":
            lines.append(f"{sys.executable} {__file__} <<'END_OF_EXCERPT'\n{text}END_OF_EXCERPT\n")
    return "".join(lines)


def outputs(printed):
    """What each block printed, by its number."""
    parts = re.split(rf"^{MARK}(\d+)\n", printed, flags=re.MULTILINE)
    return dict(zip(map(int, parts[1::2]), parts[2::2]))


def run(home, replacements, seconds):
    """Runs the page with `home` as the home folder. `replacements`: words of its commands, and what to write instead: a free port, a
    host for tests. Raises Failed."""
    page = PAGE.read_text(encoding="utf-8")
    for word, other in replacements.items():
        if word not in page:
            raise Failed(f"{PAGE} has no {word}")
        page = page.replace(word, other)
    found = blocks(page)
    environment = {**os.environ, "HOME": str(home), "PATH": f"/usr/bin:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script_of(found)], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=seconds, check=False,
    )
    if done.returncode != 0:
        log = Path(home) / "plant/gateway.log"
        raise Failed(f"{PAGE}: exit code {done.returncode}\n{done.stdout}\n{log.read_text() if log.exists() else ''}")
    printed = outputs(done.stdout)
    for number, (kind, text) in enumerate(found):
        if kind == "text" and not contains(printed[number - 1], text):
            raise Failed(f"{PAGE}: the command before this block did not print it:\n{text}It printed:\n{printed[number - 1]}")


def contains(printed, wanted):
    at = 0
    for line in wanted.splitlines():
        at = printed.find(line, at)
        if at < 0:
            return False
        at += len(line)
    return True


def is_excerpt(text, folder):
    """Whether a file in `folder` has these lines, apart from blanks."""
    wanted = " ".join(text.split())
    files = (path for path in folder.iterdir() if path.suffix in (".c", ".cpp", ".h", ".proto", ".py"))
    return any(wanted in " ".join(path.read_text(encoding="utf-8").split()) for path in files)


if __name__ == "__main__":
    excerpt = sys.stdin.read()
    if not is_excerpt(excerpt, Path.cwd()):
        sys.exit(f"no file of the project has this excerpt:\n{excerpt}")

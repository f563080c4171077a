"""Writes the parts of docs/scaling.md that are made from scaling.json and from the files of deploy/proxies, or compares them.

    scaling_page.py [--write]

Exit code 1 if the page differs.
"""

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "scaling.md"
MARKED = re.compile(r"(<!-- (table of proxies|file [\w./-]+) -->\n).*?(?=<!-- / -->)", re.DOTALL)


def table():
    proxies = json.loads((HERE / "scaling.json").read_text(encoding="utf-8"))
    names = sorted(proxies, key=str.lower)
    # In the order of the measurements, which all proxies share.
    rows = list(proxies[names[0]]["rows"])
    lines = [
        "| | " + " | ".join(f"{name} {proxies[name]['version']}" for name in names) + " |",
        "|---|" + "---|" * len(names),
        *("| " + " | ".join([row, *(proxies[name]["rows"][row] for name in names)]) + " |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def contents(part):
    if part == "table of proxies":
        return table()
    return f"```\n{(ROOT / part.removeprefix('file ')).read_text(encoding='utf-8')}```\n"


def rendered(text):
    return MARKED.sub(lambda match: match[1] + contents(match[2]), text)


def main():
    page = PAGE.read_text(encoding="utf-8")
    shown = [name.removeprefix("file ") for _, name in MARKED.findall(page)]
    missing = [file for file in (ROOT / "deploy" / "proxies").iterdir() if str(file.relative_to(ROOT)) not in shown]
    if missing or "table of proxies" not in shown:
        print(f"{PAGE}: has no place for {missing or 'the table of proxies'}", file=sys.stderr)
        return 1
    made = rendered(page)
    if "--write" in sys.argv[1:]:
        PAGE.write_text(made, encoding="utf-8")
    elif made != page:
        print(f"{PAGE} differs from tests/peers/scaling.json or deploy/proxies: run {Path(__file__).name} --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

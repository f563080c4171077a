"""Extracts the files that a page of docs/ shows, each to its path.

    take_files.py PAGE FOLDER NAME

A code block is a file if the text between it and the previous block contains a path with NAME in its last part, such as
`src/services/NAME.cpp`. The last such path is used.
"""

import re
import sys
from pathlib import Path


def files(page, name):
    """(path, text) of each file in the page."""
    path = re.compile(rf"`([\w/]+/{name}\w*\.\w+)`")
    between = re.split(r"^```\w*\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    for text, block in zip(between[::2], between[1::2]):
        found = path.findall(text)
        if found:
            yield found[-1], block


def main():
    page, folder, name = sys.argv[1:]
    for path, text in files(Path(page).read_text(), name):
        target = Path(folder, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_text() != text:
            target.write_text(text)


if __name__ == "__main__":
    main()

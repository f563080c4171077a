"""Writes a page as the initializer of a C array: compressed by gzip, without comments, indentation, empty lines and blanks between
operators.

    embed_page.py PAGE OUT MOST_BYTES

Fails if the page has more bytes than MOST_BYTES before it is compressed.
"""

import gzip
import re
import sys
from pathlib import Path


# A blank on both sides of these, or behind a comma or semicolon, has no meaning outside a string.
OPERATORS = r" (=>|[=!]==|[<>]=?|[-+*/%]=?|&&|\|\||[?:=&]|>>|[{}]) "


def without_blanks(script):
    """JavaScript whose strings have double quotes, and CSS, without blanks around operators."""
    parts = re.split(r'("[^"\n]*")', script)
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(OPERATORS, r"\1", parts[i])
        parts[i] = re.sub(r"([,;{]) | (?=[{}])", r"\1", parts[i])
    return "".join(parts)


def shortened(page):
    """The page without the bytes that only its authors need. Line breaks stay: JavaScript may depend on them."""
    lines = (re.sub(r"^//.*$", "", line.strip()) for line in page.splitlines())
    page = "\n".join(line for line in lines if line) + "\n"
    return re.sub(r"<(script|style)>.*?</\1>", lambda part: without_blanks(part[0]), page, flags=re.DOTALL)


def main():
    page, out, most = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    data = shortened(page.read_text(encoding="utf-8")).encode()
    if len(data) > most:
        sys.exit(f"{page}: {len(data)} bytes, at most {most} are allowed")
    packed = gzip.compress(data, 9, mtime=0)
    rows = (packed[i : i + 32] for i in range(0, len(packed), 32))
    out.write_text("".join("".join(f"{byte}," for byte in row) + "\n" for row in rows))


if __name__ == "__main__":
    main()

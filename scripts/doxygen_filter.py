"""Prints a header with its comments in the syntax of doxygen. docs/Doxyfile calls it for each file.

A comment before a declaration or after code on the same line describes the declaration. The first comment describes the file.
Indented lines of a comment are code. @cond and @endcond enclose parts that the reference omits. Comments for tools (NOLINT,
clang-format) and section lines (---) are not changed.
"""

import pathlib
import re
import sys

BEGIN = re.compile(r"(?P<indent>\s*)(?P<mark>//|/\*)(?!\s*(NOLINT|clang-format|---))")
BEHIND_CODE = re.compile(r"(?P<code>\s*[^\s/*].*?)\s+(?P<mark>//|/\*)(?!\s*(NOLINT|namespace\b))(?P<text>.*)$")
MARK = re.compile(r"^\s*(//(?!/)|/\*(?!\*))")
CODE = re.compile(r"\s*(///?|/?\*\*?) {3,}\S")


def escaped(text: str) -> str:
    return text if text.strip() in ("@cond", "@endcond") else re.sub(r"([@\\<>#%])", r"\\\1", text)


def text_of(line: str) -> tuple[str, str]:
    """Splits a line of a comment after its marker."""
    marker = re.match(r"\s*(///?|/\*\*?|\*(?!/))?", line).group(0)
    return marker, line[len(marker):]


def documented(comment: list[str]) -> list[str]:
    """The comment for doxygen, with the same number of lines."""
    out, in_code = [], False
    for line in comment:
        marker, text = text_of(line)
        is_code = CODE.match(line) is not None
        if is_code and not in_code and out:
            out[-1] += " @code"
        before = " @endcode" if in_code and not is_code else ""
        out.append(marker + before + (text if is_code else escaped(text)))
        in_code = is_code
    if in_code:
        out[-1] = re.sub(r"(\s*\*/)?$", r" @endcode\1", out[-1].rstrip(), count=1)
    return out


def comment_at(lines: list[str], start: int) -> list[str]:
    if lines[start].lstrip().startswith("/*"):
        end = next(i for i in range(start, len(lines)) if "*/" in lines[i])
    else:
        end = start
        while end + 1 < len(lines) and lines[end + 1].lstrip().startswith("//"):
            end += 1
    return lines[start : end + 1]


def converted(name: str, lines: list[str]) -> list[str]:
    out, at = [], 0
    while at < len(lines):
        line = lines[at]
        if begin := BEGIN.match(line):
            comment = comment_at(lines, at)
            at += len(comment)
            marked = [MARK.sub(lambda found: found[0] + found[0].lstrip()[1], one) for one in comment]
            if not out:
                out.append(f"/// @file {name}" if begin["mark"] == "//" else f"/** @file {name}")
                marked[0] = marked[0].replace("/**", " *")
            out += documented(marked)
        else:
            if found := BEHIND_CODE.match(line):
                mark = "///<" if found["mark"] == "//" else "/**<"
                line = f"{found['code']}  {mark}{escaped(found['text'])}"
            out.append(line)
            at += 1
    return out


def main() -> None:
    path = pathlib.Path(sys.argv[1])
    print("\n".join(converted(path.name, path.read_text().split("\n"))), end="")


main()

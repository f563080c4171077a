"""Makes mutants of C++ source: small faults, each of which a test should detect.

A mutant changes one operator, one number, one truth value or one condition, or deletes one statement. Comments, strings and
preprocessor lines stay unchanged. Binary operators are found by the spaces around them, which clang-format writes.
"""

import bisect
import re
from dataclasses import dataclass

NO_CODE = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | ^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*          # comments, preprocessor
    | R"(?P<end>\w*)\(.*?\)(?P=end)" | "(?:\\.|[^"\\\n])*" | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'
    | \bstatic_assert\((?:[^()]|\([^()]*\))*\)""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
SWAPS = {
    "<": ("<=",), "<=": ("<",), ">": (">=",), ">=": (">",), "==": ("!=",), "!=": ("==",),
    "&&": ("||",), "||": ("&&",), "+": ("-",), "-": ("+",), "*": ("+",), "/": ("*",), "%": ("/",),
    "<<": (">>",), ">>": ("<<",), "&": ("|",), "|": ("&",), "^": ("&",),
    "+=": ("-=",), "-=": ("+=",), "|=": ("&=",), "&=": ("|=",), "<<=": (">>=",), ">>=": ("<<=",),
}  # fmt: skip
BINARY = re.compile(r"(?<!template)(?<=[\w)\]}>'\"]) (" + "|".join(map(re.escape, sorted(SWAPS, key=len, reverse=True))) + r")(?=[ \n])")
STEP = re.compile(r"\+\+|--")
NUMBER = re.compile(r"(?<![\w.'])(0x[0-9a-fA-F']+|0b[01']+|[0-9][0-9']*)(?=[uUzZlL]*\b)(?![\w']*[.'])")
TRUTH = re.compile(r"\b(true|false)\b")
CONDITION = re.compile(r"\b(?:if|while) \(")
# Not a declaration: before the assignment or the call is only the name or expression that it changes or calls.
STATEMENT = re.compile(
    r"^[ ]+(?:else[ ])?(?:if[ ]\(.*\)[ ])?(?P<statement>(?:\(void\))?[*&]*(?:\+\+|--)?[\w:.\[\]>()*-]+(?:[ ](?:[-+|&*/]|<<|>>)?=[ ].*|\(.*\)|\+\+|--)?;)[ ]*$",
    re.MULTILINE,
)
KEYWORDS = re.compile(r"(return|using|case|default|goto|namespace|public|private|protected|extern|typedef|throw|delete)\b")
JUMP = re.compile(r"(?:break|continue);$")


@dataclass(frozen=True)
class Mutant:
    file: str
    start: int
    end: int
    replacement: str
    what: str

    def apply(self, text):
        return text[: self.start] + self.replacement + text[self.end :]

    def line(self, text):
        return text.count("\n", 0, self.start) + 1

    def diff(self, text):
        """The changed lines, before and after, without their indentation."""
        begin = text.rfind("\n", 0, self.start) + 1
        end = text.find("\n", self.end)
        end = len(text) if end < 0 else end
        changed = text[begin : self.start] + self.replacement + text[self.end : end]
        return text[begin:end].strip(), changed.strip()


def code_of(text):
    """The text with everything that is not code replaced by spaces. Lines and columns stay the same."""
    return NO_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def mutants_of(file, text):
    """All mutants of a source file, in the order of the text."""
    code = code_of(text)
    found = [*_operators(code), *_numbers(code), *_truths(code), *_conditions(code, text), *_deletions(code)]
    return [Mutant(file, *parts) for parts in sorted(set(found))]


def _operators(code):
    for match in BINARY.finditer(code):
        for other in SWAPS[match[1]]:
            yield match.start(1), match.end(1), other, f"{match[1]} -> {other}"
    for match in STEP.finditer(code):
        other = {"++": "--", "--": "++"}[match[0]]
        yield match.start(), match.end(), other, f"{match[0]} -> {other}"


def _numbers(code):
    for match in NUMBER.finditer(code):
        digits = match[1].replace("'", "")
        value = int(digits, 0) if digits[:2] in ("0x", "0b") else int(digits)
        for other in (value + 1, value - 1):
            if other >= 0:
                yield match.start(1), match.end(1), str(other), f"{match[1]} -> {other}"


def _truths(code):
    for match in TRUTH.finditer(code):
        other = {"true": "false", "false": "true"}[match[1]]
        yield match.start(), match.end(), other, f"{match[1]} -> {other}"


def _conditions(code, text):
    for match in CONDITION.finditer(code):
        start, end = match.end(), _closing(code, match.end())
        condition = code[start:end]
        # Leaves out declarations, whose value would be lost.
        if end < 0 or ";" in condition or re.search(r"[^=!<>]=[^=]", condition):
            continue
        condition = text[start:end]  # With its characters and strings.
        yield start, end, f"!({condition})", "condition negated"
        if match[0] == "if (":
            yield start, end, f"({condition}) && false", "condition never true"


def _closing(code, at):
    depth = 1
    for index in range(at, len(code)):
        depth += {"(": 1, ")": -1}.get(code[index], 0)
        if depth == 0:
            return index
    return -1


def _deletions(code):
    begins = _Begins(code)
    for match in STATEMENT.finditer(code):
        statement = match["statement"]
        if KEYWORDS.match(statement) or statement.count("(") != statement.count(")"):
            continue
        if JUMP.match(statement) or re.search(r"[=(]|\+\+|--", statement):
            if begins.statement(match.start()):
                yield match.start("statement"), match.end("statement"), ";", "statement deleted"


class _Begins:
    """Whether a line begins a statement, and does not continue one."""

    def __init__(self, code):
        self._ends = [found.start() for found in re.finditer(r"\S", code)]
        self._code = code

    def statement(self, line_start):
        index = bisect.bisect_left(self._ends, line_start) - 1
        return index < 0 or self._code[self._ends[index]] in ";{}:)"

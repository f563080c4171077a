"""A class with more than 25 data members or 40 functions explains in its header why it is not smaller.

    class_size_test.py ROOT

The explanation is a sentence in a comment of the header: "NAME has more than 40 functions because ...", "NAME has more than 25 data
members because ..." or "NAME has more than 25 data members and 40 functions because ...". A class that is not over both numbers must
not say so.
"""

import re
import sys
from pathlib import Path

MOST_MEMBERS = 25
MOST_FUNCTIONS = 40
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
FOLDERS = ("include", "src", "firmware-host")
# What a declaration in a class may begin with without being a data member.
NOT_MEMBER = re.compile(r"(using|typedef|enum|struct|class|union|friend|static|template|static_assert)\b")


def main():
    root = Path(sys.argv[1])
    headers = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*.h"))]
    if len(headers) < 50:
        sys.exit(f"class_size_test: only {len(headers)} headers under {root}: wrong folder?")
    check_itself()
    failed = False
    for path in headers:
        text = path.read_text()
        lines = "\n".join(COMMENT.findall(text)).splitlines()
        explanations = " ".join(re.sub(r"^[\s/*]+", "", line) for line in lines)
        for name, members, functions in classes(text):
            for count, most, what in ((members, MOST_MEMBERS, "data members"), (functions, MOST_FUNCTIONS, "functions")):
                explained = explains(explanations, name, most, what)
                if count > most and not explained:
                    failed = True
                    print(f'{path.relative_to(root)}: {name} has {count} {what}. Split it, or write why: "{name} has more than '
                          f'{most} {what} because ..."')
                if count <= most and explained:
                    failed = True
                    print(f"{path.relative_to(root)}: {name} has {count} {what}. Remove the sentence that it has more than {most}.")
    return 1 if failed else 0


def explains(text, name, most, what):
    text = " ".join(text.split())
    both = rf"({MOST_MEMBERS} data members and )?"
    later = rf"( and {MOST_FUNCTIONS} functions)?"
    return re.search(rf"\b{name} has more than {both}{most} {what}{later} because ", text) is not None


def classes(text):
    """For each class and struct: its name, and how many data members and functions it declares itself."""
    text = re.sub(r"\"(\\.|[^\"\\\n])*\"|^\s*#[^\n]*", "", COMMENT.sub("", text), flags=re.MULTILINE)
    for head in re.finditer(r"(?<!enum )\b(?:class|struct)\s+(?:\w+::)*(\w+)[^;{}()=]*\{", text):
        parts = declarations(text, head.end())
        functions = [part for part in parts if "(" in part and not re.match(r"(static_assert|using)\b", part)]
        members = [part for part in parts if "(" not in part and not NOT_MEMBER.match(part)]
        # `int a, b;` declares two; commas inside <> separate arguments.
        yield head[1], sum(1 + re.sub(r"<[^;]*>", "", part).count(",") for part in members), len(functions)


def declarations(text, begin):
    """The declarations of the class whose body starts at `begin`, without access specifiers, bodies and initialisers."""
    found, current, depth = [], "", 1
    for character in text[begin:]:
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                break
            # The body of a function or a nested type ends its declaration; an initialiser is followed by a semicolon.
            if depth == 1 and ("(" in current or NOT_MEMBER.match(without_access(current))):
                found.append(current)
                current = ""
        elif depth == 1 and character == ";":
            found.append(current)
            current = ""
        elif depth == 1:
            current += character
    return [part for part in map(without_access, found) if part]


def without_access(text):
    text = re.sub(r"^(\s*\b(public|private|protected)\s*:)+", "", text)
    return re.sub(r"\[\[\w+\]\]", "", text).strip()


def check_itself():
    sample = """
      class A final : public B<int> {
       public:
        explicit A(int a) : a_(a) {}
        [[nodiscard]] int f() const { if (a_) { return 1; } return 2; }
        enum class E { One, Two };
        struct Inner { int x = 0; };
       private:
        using Type = std::function<void(int)>;
        static constexpr int kConstant = 3;
        std::array<int, 3> list_{1, 2, 3};
        int a_ = 0, b_;  // int c_;
      };"""
    counts = list(classes(sample))
    expected = [("A", 3, 2), ("Inner", 1, 0)]
    if counts != expected:
        sys.exit(f"class_size_test: counts {counts} in its sample, not {expected}")


if __name__ == "__main__":
    sys.exit(main())

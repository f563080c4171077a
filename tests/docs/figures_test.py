"""Checks that every page has the figures of docs/figures.json, and that the render step finds errors.

    figures_test.py ROOT
"""

import json
import sys
from pathlib import Path


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def markers_test(render):
    """A wrong number, an unknown name, an unclosed marker and a marker that begins a line are found."""
    names = {"call-time": "1.3 µs"}

    def fill(text):
        faults = []
        return render.fill_markers("page.md", text, names, faults), faults

    good = "A call takes <!-- figure: call-time -->1.3 µs<!-- /figure -->."
    expect(fill(good) == (good, []), "a correct figure stays")
    wrong = good.replace("1.3", "2.5")
    expect(fill(wrong) == (good, []), "a wrong figure is replaced")
    expect(len(render.differences("page.md", wrong, good)) == 1, "a wrong figure is a difference")
    expect(render.differences("page.md", good, good) == [], "equal pages have no difference")
    expect(len(fill(good.replace("call-time", "call-tim"))[1]) == 1, "an unknown name is a fault")
    expect(len(fill(good.replace("<!-- /figure -->", ""))[1]) == 1, "an unclosed marker is a fault")
    expect(len(fill(good.replace("A call takes ", ""))[1]) == 1, "a marker at the start of a line is a fault")


def table_test(render):
    """The table between two markers is replaced; a missing marker is found."""
    faults = []
    filled = render.fill_table("page.md", "a\n<!-- t -->\nold\n<!-- /t -->\nb", "t", "new", faults)
    expect((filled, faults) == ("a\n<!-- t -->\nnew\n<!-- /t -->\nb", []), "a table is replaced")
    render.fill_table("page.md", "a\n<!-- t -->\nold\nb", "t", "new", faults)
    expect(len(faults) == 1, "a missing marker is a fault")


def hand_typed_test(render):
    """A figure of each kind outside a marker is found, in the wording of the pages."""
    typed = {
        "CPU time": ("The gateway takes 1.3 µs of CPU time.", "A call costs 2.5 us."),
        "instructions": ("A call costs 3,580 instructions.",),
        "resident memory": ("264 KiB are resident.", "Its resident memory is 9.6 MiB when idle."),
        "memory of a gateway": ("Here the gateway\ntook 160 KiB after start.", "The library needs 12 MB."),
        "memory of an idle connection": ("1,520 bytes of each idle connection", "An idle connection takes 1520 B."),
        "size of firmware": ("It needs 14 KB of flash.", "It saves 340 bytes of the UART image."),
        "what a change saves": ("For Echo this saves 2,000 bytes.",),
        "threads of the library": ("It has 7 threads.", "Seven threads are too many."),
    }
    expect(typed.keys() == render.HAND_TYPED.keys(), "each kind has an example")
    for kind, sentences in typed.items():
        for sentence in sentences:
            kinds = [fault for fault in render.hand_typed("page.md", sentence) if f"({kind})" in fault]
            expect(len(kinds) == 1, f"typed by hand: {sentence}")
    allowed = (
        "It needs <!-- figure: uart-flash-kb -->14 KB<!-- /figure --> of flash.",
        "```\nA call takes 1.3 µs.\n```",
        "    200 instructions in printed output",
        "Limits for a board with 256 MiB. One thread waits in epoll.",
        "In less than a megabyte of resident memory.",
        "| `max-streams` | RAM | 32 or more |",
    )
    for text in allowed:
        expect(list(render.hand_typed("page.md", text)) == [], f"not typed by hand: {text}")
    table = "<!-- figures -->\n| CPU time | 1.3 µs |\n<!-- /figures -->"
    expect(list(render.hand_typed("page.md", table, ("figures",))) == [], "a table that is rendered is not typed by hand")


def pages_test(render, figures_file):
    """A changed figure is a difference in each page that quotes it; a hand-edited figure that no page quotes is found."""
    sections = figures_file.load()
    texts = {page: render.read(page) for page in render.prose_pages()}
    expect("README.md" in texts and "docs/benchmark.md" not in texts, "prose pages are those that no command generates")

    changed = json.loads(json.dumps(sections))
    changed["gateway"]["figures"]["lean"]["cpu_us_pipelined"] = 77.7
    changed["bench"]["figures"]["cpu_us"]["mote"]["pipelined"][0] = 88.8
    changed["size"]["figures"]["firmware"]["mps2-an385-uart"].update(flash_bytes=99_999, stack_used_bytes=987)
    changed["size"]["figures"]["boards"]["rpi-2"]["mote-gateway"]["resident_start_kib"] = 777
    changed["by_hand"].append({"figures": {"nobody-quotes-this": "5"}})
    wanted, faults = render.rendered(changed, render.whole_pages(changed), texts)
    for page, text in (
        ("README.md", "| 77.7 µs |"),
        ("README.md", "100 KB"),
        ("docs/architecture.md", "| 77.7 µs |"),
        ("docs/benchmark.md", "| mote-gateway | 89 "),
        ("docs/benchmark.svg", ">89 µs<"),
        ("docs/size.md", "| 99,999 |"),
        ("docs/size.md", "| 777 |"),
        ("boards/mps2-an385/README.md", "stack 987 of "),
        ("boards/rpi-2/README.md", ">777 KiB<"),
    ):
        expect(text in wanted[page] and render.differences(page, render.read(page), wanted[page]), f"{page} shows {text}")
    expect([fault for fault in faults if "nobody-quotes-this" in fault], "a figure that no page quotes is found")


def file_test(figures_file):
    """The file has one canonical form, so that a changed figure changes one line."""
    text = figures_file.FILE.read_text(encoding="utf-8")
    expect(figures_file.encode(json.loads(text)) == text, "docs/figures.json has the form in which figures_file writes it")
    for name, section in json.loads(text).items():
        for part in section if name == "by_hand" else [section]:
            expect(part["command"] and part["date"] and part["figures"], f"{name} has a command, a date and figures")
            expect(name == "by_hand" or part["machine"], f"{name} has a machine")


def main():
    root = Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(root / "scripts"))
    import figures_file
    import render_figures as render

    markers_test(render)
    table_test(render)
    hand_typed_test(render)
    pages_test(render, figures_file)
    file_test(figures_file)
    faults = render.check()
    print(*faults, sep="\n")
    print(f"{len(faults)} faults; ./dev figures --render writes the pages")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Writes the figures of docs/figures.json into the pages that quote them.

    render_figures.py            writes the pages
    render_figures.py --check    prints each figure that differs from docs/figures.json or is typed by hand; exit code 1 if there is one

Three kinds of places contain figures:

- docs/benchmark.md with its plots, and docs/size.md: complete files.
- A table between <!-- NAME --> and <!-- /NAME -->.
- One figure in a sentence: <!-- figure: NAME -->1.3 µs<!-- /figure -->; named() has the names. A marker must not begin a line,
  because Markdown treats such a line as HTML.

HAND_TYPED lists the patterns that no sentence may contain outside of a marker.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests" / "bench"))

import figures_file  # noqa: E402
import report  # noqa: E402
import size_boards  # noqa: E402
import size_firmware  # noqa: E402

SIZE_HEAD = """\
# Sizes

Written by `./dev size`, which builds, measures and runs everything listed here. Tests fail when a program grows beyond its limit
in `boards/`.
"""

# Pages that other commands write.
GENERATED = ("docs/benchmark.md", "docs/size.md", "docs/limits.md", "docs/conformance.md")

MARKER = re.compile(r"<!-- figure: ([\w/.-]+) -->(.*?)<!-- /figure -->", re.DOTALL)
CODE = re.compile(r"^```.*?^```$|^(?: {4,}).*$", re.MULTILINE | re.DOTALL)

# Figures that need a marker, in the words of the pages.
NUMBER = r"\d[\d,.]*"
SIZE, BYTES = "[KM]i?B", "(?:bytes|B)"
# Up to 60 characters of the same sentence or cell.
WORDS = r"(?:[^.|]|\.\d){0,60}"
HAND_TYPED = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        "CPU time": rf"{NUMBER} ?(?:µs|us)\b",
        "instructions": rf"{NUMBER} instructions\b",
        "resident memory": rf"{NUMBER} ?{SIZE}\b{WORDS}\bresident\b|\bresident\b{WORDS}?\b{NUMBER} ?{SIZE}\b",
        "memory of a gateway": rf"\b(?:gateway|engine|library)\s+(?:took|takes|needs)\s+(?:about )?{NUMBER}\s+{SIZE}\b",
        "memory of an idle connection": rf"{NUMBER} {BYTES}\b{WORDS}\bidle connection|\bidle connection\b{WORDS}?{NUMBER} {BYTES}\b",
        "size of firmware": rf"{NUMBER} ?(?:bytes|B|KB|KiB) of (?:flash|RAM|the UART image)\b",
        "what a change saves": rf"\bsaves (?:about )?{NUMBER} (?:bytes|instructions)\b",
        "threads of the library": rf"\b(?:{NUMBER}|two|three|four|five|six|seven|eight|nine|ten|a dozen) threads\b",
    }.items()
}

# Figures in printed output, where a marker would show: page, pattern, and the names of its groups.
PRINTED = (
    (
        "boards/mps2-an385/README.md",
        r"stack (\d+) of (\d+) bytes, client (\d+) bytes",
        ("uart-stack-used", "uart-stack", "client-bytes"),
    ),
)


# --- Figures by name ---

# Images, and their names in markers.
FIRMWARE = {"mps2-an385-uart": "uart", "mps2-an385-ethernet": "ethernet"}
TLS_FIRMWARE = {"mps2-an385-ethernet-tls": "tls", "mps2-an385-ethernet-psk": "psk"}


def mebibytes(kib):
    return f"{kib / 1024:.1f} MiB"


def named(sections):
    """The text of each figure that a sentence can quote."""
    names = {}
    for engine, figures in sections["gateway"]["figures"].items():
        names |= {
            f"{engine}-us-pipelined": f"{figures['cpu_us_pipelined']:.1f} µs",
            f"{engine}-us-single": f"{figures['cpu_us_single']:.0f} µs",
            f"{engine}-resident-idle": kibibytes(figures["resident_idle_kib"]),
            f"{engine}-resident-loaded": kibibytes(figures["resident_loaded_kib"]),
            f"{engine}-idle-connection": f"{figures['idle_connection_bytes']:,} bytes",
            f"{engine}-threads": str(figures["threads"]),
            f"{engine}-start": f"{figures['start_ms']:.1f} ms",
        }
    names["call-path-functions"] = str(sections["call_path"]["figures"]["functions"])
    names["lean-worst-case"] = sections["gateway"]["figures"]["lean"]["worst_case"]

    bench = report.results_of(sections)
    for server, counted in bench["instructions"].items():
        names[f"bench-{server}-instructions"] = f"{counted:,}"
    for server, points in bench["cpu_us"].items():
        names[f"bench-{server}-us-pipelined"] = f"{report.microseconds(points['pipelined'][0])} µs"
        names[f"bench-{server}-us-single"] = f"{report.microseconds(points['single'][0])} µs"
    for server, rest in bench["at_rest"].items():
        names[f"bench-{server}-resident-idle"] = report.size(rest["rss"])
        names[f"bench-{server}-threads"] = str(rest["threads"])
        if "start_ms" in rest:
            names[f"bench-{server}-start"] = f"{rest['start_ms']:.1f} ms"

    names["bench-connection-growth"] = f"{report.connection_growth(bench, report.MOTE):.2f}"
    names["bench-floor-connection-growth"] = f"{report.connection_growth(bench, report.HTTP2):.2f}"
    names["bench-large-over-http2"] = f"{report.large_over(bench, report.HTTP2):.2f}"
    names["bench-large-over-kept"] = f"{report.large_over(bench, report.KEPT):.2f}"
    names["bench-large-over-tcp"] = f"{report.large_over(bench, report.TCP):.2f}"
    names["bench-connections-over-floor"] = f"{report.connections_over_floor(bench):.2f}"

    firmware = sections["size"]["figures"]["firmware"]
    for image, name in FIRMWARE.items():
        figures = firmware[image]
        names |= {
            f"{name}-flash": f"{figures['flash_bytes']:,} bytes",
            f"{name}-flash-kb": f"{figures['flash_bytes'] / 1000:.0f} KB",
            f"{name}-ram": f"{figures['ram_bytes']:,} bytes",
            f"{name}-stack-used": str(figures["stack_used_bytes"]),
            f"{name}-stack": str(figures["stack_bytes"]),
        }
    plain = firmware["mps2-an385-ethernet"]
    for image, name in TLS_FIRMWARE.items():
        for kind in ("flash", "ram"):
            names[f"{name}-{kind}-added"] = f"{firmware[image][f'{kind}_bytes'] - plain[f'{kind}_bytes']:,} bytes"
    names["client-bytes"] = str(firmware["mps2-an385-uart"]["client_bytes"])
    for board, programs in sections["size"]["figures"]["boards"].items():
        gateway = programs.get("mote-gateway", {})
        if "resident_start_kib" in gateway:
            names[f"{board}-resident-start"] = kibibytes(gateway["resident_start_kib"])
            names[f"{board}-resident-calls"] = kibibytes(gateway["resident_calls_kib"])

    for experiment in sections["by_hand"]:
        names |= experiment["figures"]
    return names


def kibibytes(kib):
    return f"{kib} KiB" if kib < 1024 else mebibytes(kib)


# --- Tables ---


def memory_row(figures, state):
    return f"{figures[f'resident_{state}_kib']} KiB; {figures[f'anonymous_{state}_kib']} KiB"


def program_size(sections, figures):
    """The size of a program from ./dev size if it belongs to a board, otherwise from ./dev figures."""
    boards = sections["size"]["figures"]["boards"]
    size = figures["program_bytes"] if "program_bytes" in figures else boards[figures["board"]]["mote-gateway"]["stripped_bytes"]
    return f"{size / 1024:.0f} KiB"


def gateway_table(sections):
    figures = sections["gateway"]["figures"]["lean"]
    rows = [
        ("CPU time per call, 8 connections x 16 calls at once", f"{figures['cpu_us_pipelined']:.1f} µs"),
        ("CPU time per call, one at a time", f"{figures['cpu_us_single']:.0f} µs"),
        ("resident memory, idle", f"{figures['resident_idle_kib']} KiB"),
        (f"resident memory after {figures['calls']:,} calls", f"{figures['resident_loaded_kib']} KiB"),
        ("worst case of the limits: connections, calls, buffers, socket buffers of the kernel", figures["worst_case"]),
        (
            f"memory of one of {figures['idle_connections']:,} idle connections, after one call",
            f"{figures['idle_connection_bytes']} B",
        ),
        ("threads", str(figures["threads"])),
        ("heap calls while it serves", "0"),
        ("exec to first answered call, client included", f"{figures['start_ms']:.1f} ms"),
        ("program, static, stripped", program_size(sections, figures)),
    ]
    return report.grid(["figure", "measured"], rows)


def engines_table(sections):
    engines = sections["gateway"]["figures"]
    rows = [
        ("CPU time per call, 8 connections x 16 calls at once", lambda figures: f"{figures['cpu_us_pipelined']:.1f} µs"),
        ("CPU time per call, one at a time", lambda figures: f"{figures['cpu_us_single']:.0f} µs"),
        ("resident memory, idle; anonymous part", lambda figures: memory_row(figures, "idle")),
        ("the same after this number of calls", lambda figures: f"{memory_row(figures, 'loaded')}; {figures['calls']:,} calls"),
        ("memory of an idle connection, after one call", lambda figures: f"{figures['idle_connection_bytes']} B"),
        ("threads under load", lambda figures: f"{figures['threads']}: {figures['thread_names']}"),
        ("exec to first answered call, client included", lambda figures: f"{figures['start_ms']:.1f} ms"),
        ("program, stripped", lambda figures: program_size(sections, figures)),
    ]
    return report.grid(["figure", *engines], [[title, *map(show, engines.values())] for title, show in rows])


def call_path_table(sections):
    figures = sections["call_path"]["figures"]

    def row(part, functions, instructions):
        return part, str(functions) if functions else "", f"{instructions:,}"

    rows = [row(f"`{room}/`" if "/" in room else room, *costs) for room, costs in figures["rooms"].items()]
    return report.grid(["part", "functions", "instructions"], [*rows, row("all", figures["functions"], figures["instructions"])])


TABLES = {
    "README.md": {"figures": gateway_table},
    "docs/architecture.md": {"engines": engines_table},
    "docs/performance.md": {"call-path": call_path_table},
}


# --- Pages ---


def whole_pages(sections):
    pages = {f"docs/{name}": text for name, text in report.pages(sections).items()}
    size = sections["size"]["figures"]
    pages["docs/size.md"] = "\n".join(
        [SIZE_HEAD, size_firmware.section(size["firmware"]), size_boards.section(size["boards"])]
    )
    return pages


def prose_pages():
    patterns = ("*.md", "docs/*.md", "boards/*/README.md", "examples/**/*.md")
    found = {path.relative_to(ROOT).as_posix() for pattern in patterns for path in ROOT.glob(pattern)}
    return sorted(found - {*GENERATED, "CHANGELOG.md"})


def fill_markers(page, text, names, faults):
    """The text with the figure of each marker replaced by that in `names`."""

    def fill(found):
        name = found[1]
        if name not in names:
            faults.append(f"{page}: no figure is named {name}")
            return found[0]
        return f"<!-- figure: {name} -->{names[name]}<!-- /figure -->"

    opened, closed = len(re.findall("<!-- figure:", text)), len(re.findall("<!-- /figure -->", text))
    if not opened == closed == len(MARKER.findall(text)):
        faults.append(f"{page}: the marker of a figure is not closed")
    faults += [f"{page}: a line begins with a marker: {line}" for line in re.findall(r"^\s*<!-- figure:.*$", text, re.MULTILINE)]
    return MARKER.sub(fill, text)


def fill_table(page, text, name, table, faults):
    between = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if len(between.findall(text)) != 1:
        faults.append(f"{page}: it needs one pair of markers <!-- {name} --> and <!-- /{name} -->")
    return between.sub(lambda marks: f"{marks[1]}{table}\n{marks[2]}", text)


def fill_printed(page, text, names, faults):
    for printed_on, pattern, groups in PRINTED:
        if page != printed_on:
            continue
        found = re.search(pattern, text)
        if not found:
            faults.append(f"{page}: nothing matches {pattern}")
            continue
        line = found[0]
        for group in range(len(groups), 0, -1):
            begin, end = (place - found.start() for place in found.span(group))
            line = line[:begin] + names[groups[group - 1]] + line[end:]
        text = text[: found.start()] + line + text[found.end() :]
    return text


def hand_typed(page, text, tables=()):
    """Figures of the kinds in HAND_TYPED outside of a marker."""
    for name in tables:
        text = re.sub(rf"<!-- {name} -->.*?<!-- /{name} -->", "", text, flags=re.DOTALL)
    text = CODE.sub("", MARKER.sub("", text))
    for kind, pattern in HAND_TYPED.items():
        for found in pattern.finditer(text):
            yield f"{page}: typed by hand ({kind}): {' '.join(found[0].split())}"


def rendered(sections, pages, texts):
    """The correct text of every page, and the faults of its markers. `texts` has the current text of prose pages."""
    names, faults, wanted = named(sections), [], dict(pages)
    for page, text in texts.items():
        tables = TABLES.get(page, {})
        faults += hand_typed(page, text, tables)
        for name, table in tables.items():
            text = fill_table(page, text, name, table(sections), faults)
        text = fill_printed(page, text, names, faults)
        wanted[page] = fill_markers(page, text, names, faults)
    quoted = {name for text in texts.values() for name, _ in MARKER.findall(text)}
    kept = [name for experiment in sections["by_hand"] for name in experiment["figures"]]
    faults += [f"docs/figures.json: no page quotes {name}" for name in kept if name not in quoted]
    return wanted, faults


def differences(page, now, wanted):
    if now == wanted:
        return []
    lines = [line for line in wanted.splitlines() if line not in now.splitlines()]
    return [f"{page}: {len(lines)} lines differ from docs/figures.json, the first should be: {lines[0] if lines else '(none)'}"]


def read(page):
    path = ROOT / page
    return path.read_text(encoding="utf-8") if path.exists() else ""


def check():
    sections = figures_file.load()
    wanted, faults = rendered(sections, whole_pages(sections), {page: read(page) for page in prose_pages()})
    for page, text in wanted.items():
        faults += differences(page, read(page), text)
    return faults


def render():
    sections = figures_file.load()
    wanted, faults = rendered(sections, whole_pages(sections), {page: read(page) for page in prose_pages()})
    for page, text in wanted.items():
        if read(page) != text:
            (ROOT / page).write_text(text, encoding="utf-8")
            print(f"written: {page}")
    print(*faults, sep="\n", end="\n" if faults else "")
    return faults


def main():
    faults = check() if sys.argv[1:] == ["--check"] else render()
    if sys.argv[1:] == ["--check"]:
        print(*faults, "./dev figures --render writes the pages" if faults else "the pages agree with docs/figures.json", sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

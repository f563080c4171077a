"""Plots in SVG without a library: bars and curves, in the light or dark theme of the reader."""

import math
from html import escape

STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 15px; }
.small { font-size: 11px; fill: #59636e; }
.ours { fill: #0969da; } .ours-text { font-weight: 600; }
.floor { fill: #8c959f; } .peer { fill: #d4a72c; }
.line { fill: none; stroke-width: 2.5; }
.s0 { stroke: #8c959f; fill: #8c959f; } .s1 { stroke: #59636e; fill: #59636e; }
.s2 { stroke: #0969da; fill: #0969da; } .s3 { stroke: #d4a72c; fill: #d4a72c; }
.line.s0, .line.s1, .line.s2, .line.s3 { fill: none; }
.axis { stroke: #d1d9e0; stroke-width: 1; }
.back { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .small { fill: #9198a1; } .back { fill: #0d1117; } .axis { stroke: #3d444d; }
.ours { fill: #4493f8; } .s2 { stroke: #4493f8; fill: #4493f8; } .line.s2 { fill: none; }
.s1 { stroke: #9198a1; fill: #9198a1; } .line.s1 { fill: none; } .peer { fill: #bb8009; }
}
</style>"""

ROW = 26
BAR_PANEL = 620
NAME_WIDTH = 220
CURVE_WIDTH, CURVE_HEIGHT = 300, 200


def text(x, y, string, kind="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(string)}</text>'


def document(width, height, parts):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
    return "\n".join([head, STYLE, f'<rect class="back" width="{width}" height="{height}"/>', *parts, "</svg>", ""])


def bars(panels):
    """`panels`: (title, [(name, kind, value, label)]); each has its own logarithmic axis."""
    parts, y = [], 14
    for title, rows in panels:
        y += 20
        parts.append(text(16, y, title, "title"))
        parts.append(text(BAR_PANEL + NAME_WIDTH - 10, y, "logarithmic", "small", "end"))
        values = [value for _, _, value, _ in rows]
        low = math.log10(min(values) / 2)
        scale = (BAR_PANEL - 110) / (math.log10(max(values)) - low)
        y += 10
        for name, kind, value, label in rows:
            width = max(2.0, (math.log10(value) - low) * scale)
            ours = "ours-text" if kind == "ours" else ""
            parts.append(text(NAME_WIDTH, y + 17, name, ours, "end"))
            parts.append(f'<rect class="{kind}" x="{NAME_WIDTH + 8}" y="{y + 4}" width="{width:.1f}" height="{ROW - 8}" rx="3"/>')
            parts.append(text(NAME_WIDTH + 14 + width, y + 17, label, ours))
            y += ROW
        y += 10
    return document(BAR_PANEL + NAME_WIDTH, y + 8, parts)


def curves(panels):
    """`panels`: (title, x label, [x], {name: [y]}); both axes are logarithmic; all panels have the same names."""
    names = list(dict.fromkeys(name for _, _, _, lines in panels for name in lines))
    parts = []
    for i, name in enumerate(names):
        x = 20 + i * 230
        parts.append(f'<rect class="s{i}" x="{x}" y="14" width="18" height="5"/>' + text(x + 24, 22, name))
    for i, (title, label, xs, lines) in enumerate(panels):
        parts += curve_panel(60 + i * (CURVE_WIDTH + 70), 64, title, label, xs, lines, names)
    return document(30 + len(panels) * (CURVE_WIDTH + 70), CURVE_HEIGHT + 126, parts)


def curve_panel(left, top, title, label, xs, lines, names):
    # A difference of two runs can be zero or less if their common part varies by more.
    values = [y for ys in lines.values() for y in ys if y > 0]
    low, high = math.floor(math.log10(min(values)) * 2) / 2, math.ceil(math.log10(max(values)) * 2) / 2

    def place(x, y):
        across = (math.log10(x) - math.log10(xs[0])) / (math.log10(xs[-1]) - math.log10(xs[0]))
        return left + across * CURVE_WIDTH, top + CURVE_HEIGHT * (high - math.log10(y)) / (high - low)

    parts = [text(left - 34, top - 14, title, "title")]
    for decade in range(math.ceil(low), math.floor(high) + 1):
        y = place(xs[0], 10**decade)[1]
        parts.append(f'<line class="axis" x1="{left}" x2="{left + CURVE_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(text(left - 6, y + 4, f"{10**decade:g}", "small", "end"))
    for x in xs:
        parts.append(text(place(x, 1)[0], top + CURVE_HEIGHT + 18, short(x), "small", "middle"))
    parts.append(text(left + CURVE_WIDTH / 2, top + CURVE_HEIGHT + 38, label, "small", "middle"))
    for name, ys in lines.items():
        kind = f"s{names.index(name)}"
        points = [place(x, y) for x, y in zip(xs, ys) if y > 0]
        parts.append(f'<polyline class="line {kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>')
        parts += [f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points]
    return parts


def short(number):
    for unit, size in (("Mi", 1 << 20), ("Ki", 1 << 10)):
        if number >= size and number % size == 0:
            return f"{number // size} {unit}"
    return f"{number:,}"

"""Tables in Markdown, and the text of figures in them."""


def microseconds(value):
    return f"{value:.2f}" if value < 3 else f"{value:.1f}" if value < 20 else f"{value:.0f}"


def spread(figure):
    median, least, most = figure
    return f"{microseconds(median)} ({microseconds(least)}-{microseconds(most)})"


def size(byte_count):
    if byte_count is None:
        return "-"
    if byte_count < 10_000:
        return f"{byte_count:.0f} B"
    return f"{byte_count / 1024:.0f} KiB" if byte_count < 1 << 20 else f"{byte_count / (1 << 20):.1f} MiB"


def ratio(value, to):
    return f"{value / to:.2f}" if value < 10 * to else f"{value / to:.0f}"


def cell(row):
    return "| " + " | ".join(row) + " |"


def grid(head, rows):
    return "\n".join([cell(head), "|" + "---|" * len(head), *map(cell, rows)])

"""Flash and RAM of the firmware images by part, from linker maps, and the stack that the self-test used."""

import re
import sys
from collections import Counter
from pathlib import Path

import stack_bound
from linker_map import read_map, section_sizes

ROOT = Path(__file__).resolve().parent.parent
BOARD = "mps2-an385"
BIN = ROOT / "build" / BOARD / "bin"
LIMITS = ROOT / "boards" / BOARD / "size.txt"
GATEWAY = ROOT / "build" / "host" / "bin" / "mote-gateway"
RUNS = 3

FLASH = (".text", ".data")
RAM = (".stack", ".data", ".bss")

# The first pattern that matches "FILE SECTION" selects the part of a piece. Key in docs/figures.json, title in docs/size.md.
PARTS = (
    ("core", "protocol core (`src/bytes` to `src/grpc_http2`)", r"libmote_(bytes|hpack|http2|grpc_http2)\.a"),
    ("client", "client (`src/device`)", r"libmote_device_client\.a|client_storage"),
    ("buffers", "buffers of the client", r"image\.cpp\S* \.bss"),
    ("messages", "messages (`src/codec`, generated code)", r"libmote_(codec|messages)\.a"),
    ("nanopb", "nanopb", r"libmote_nanopb_runtime\.a"),
    ("lwip", "lwIP", r"liblwip\.a"),
    ("mbedtls", "mbedTLS", r"libmote_port_tls_\w+_mbedtls\.a"),
    ("tls_memory", "memory of TLS", r"tls\.cpp\S* \.bss"),
    ("tls", "TLS layer (`firmware-host/ports/tls`)", r"libmote_port_tls_\w+\.a"),
    ("selftest", "self-test", r"lib(selftest|mote_version)\.a|image\.cpp"),
    ("libc", "C library", r"lib(c_nano|gcc|stdc\+\+_nano)\.a"),
    ("port", "port", r"libboard\.a|mps2-an385"),
)
PADDING, STACK = "padding", "stack"
TITLES = {key: title for key, title, _ in PARTS} | {PADDING: "padding", STACK: "stack, all of it"}


def part_of(piece):
    if piece.output == ".stack":
        return STACK
    if not piece.file:
        return PADDING
    return next(key for key, _, pattern in PARTS if re.search(pattern, f"{piece.file} {piece.name}"))


class Image:
    """The size of the image, and of its parts, from the same objects linked without link-time optimization."""

    def __init__(self, name):
        self.name = name
        sizes = section_sizes(BIN / f"{name}.map")
        self.flash_bytes = sum(sizes[section] for section in FLASH)
        self.ram_bytes = sum(sizes[section] for section in RAM)
        self.stack_bytes = sizes[".stack"]
        self.flash, self.ram = Counter(), Counter()
        for piece in read_map(BIN / f"{name}-parts.map"):
            if piece.output in FLASH:
                self.flash[part_of(piece)] += piece.size
            if piece.output in RAM:
                self.ram[part_of(piece)] += piece.size
        sizes = section_sizes(BIN / f"{name}-parts.map")
        assert self.flash.total() == sum(sizes[section] for section in FLASH), "the map was not read whole"
        assert self.ram.total() == sum(sizes[section] for section in RAM), "the map was not read whole"


def limits():
    """The largest permitted flash and RAM of each image, by name."""
    lines = re.findall(r"^([\w-]+)\s+(\d+)\s+(\d+)$", LIMITS.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: (int(flash), int(ram)) for name, flash, ram in lines}


def boards():
    return [BOARD]


def check(_board):
    faults = []
    for name, (flash_limit, ram_limit) in limits().items():
        image = Image(name)
        for kind, size, limit in (("flash", image.flash_bytes, flash_limit), ("RAM", image.ram_bytes, ram_limit)):
            print(f"{name}: {size} of {limit} bytes of {kind}")
            if size > limit:
                faults.append(f"{name} has {size} bytes of {kind}, {size - limit} more than {LIMITS.relative_to(ROOT)} allows")
    return faults


def run(name):
    """The largest stack use in several runs of the self-test, and the size of the client."""
    sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("firmware", "e2e")]
    from board import Board
    from gateway import Gateway
    from tls_server import TlsServer, has_tls

    image = BIN / f"{name}.elf"
    found = []
    for _ in range(RUNS):
        options = ("--max-message-bytes", 4096)
        with TlsServer(image, *options, command=[GATEWAY]) if has_tls(image) else Gateway(*options, command=[GATEWAY]) as server:
            with Board(image, server.target, "script", credentials=getattr(server, "credentials", None)) as board:
                assert board.wait() == 0, board.console
        line = board.find(r"stack (\d+) of \d+ bytes, client (\d+) bytes")
        found.append((int(line[1]), int(line[2])))
    return max(found)


def measure():
    """For each image its size, its parts, and the stack that the self-test used."""
    return {name: measure_image(name) for name in limits()}


def measure_image(name):
    image, (stack_used, client) = Image(name), run(name)
    return {
        "flash_bytes": image.flash_bytes,
        "ram_bytes": image.ram_bytes,
        "stack_bytes": image.stack_bytes,
        "stack_used_bytes": stack_used,
        "stack_bound_bytes": stack_bound.bound(BIN / f"{name}.elf")[0],
        "client_bytes": client,
        "parts": {part: [image.flash[part], image.ram[part]] for part in TITLES if image.flash[part] or image.ram[part]},
    }


def section(figures):
    images = list(figures.values())
    parts = [part for part in TITLES if any(part in image["parts"] for image in images)]

    def row(title, pairs):
        return "| " + " | ".join([title, *(f"{number:,}" if number else "" for pair in pairs for number in pair)]) + " |"

    rows = [row(TITLES[part], [image["parts"].get(part, (0, 0)) for image in images]) for part in parts]
    rows.append(row("all parts", [[sum(column) for column in zip(*image["parts"].values())] for image in images]))
    rows.append(row("**the image**", [(image["flash_bytes"], image["ram_bytes"]) for image in images]))
    rows.append(row("at most", [limits()[name] for name in figures]))
    columns = [f"{name}: {kind}" for name in figures for kind in ("flash", "RAM")]
    stacks = [
        f"| `{name}` | {image['stack_used_bytes']:,} | {image['stack_bound_bytes']:,} | {image['stack_bytes']:,} |"
        for name, image in figures.items()
    ]
    return "\n".join(
        [
            "## Microcontroller",
            "",
            "Images for a Cortex-M3 with -Os and the self-test, in bytes. The parts are linked without link-time optimization;",
            "the image is optimized as a whole (-flto), which makes it smaller than their sum.",
            "",
            "| " + " | ".join(["part", *columns]) + " |",
            "|---|" + "---:|" * len(columns),
            *rows,
            "",
            "Stack in bytes: what the self-test used (from the overwritten part of a fill pattern), the bound that `scripts/stack_bound.py` computes from the",
            "call graph, and what the image has. A test fails when the first is above the second, or the second above the third.",
            "",
            "| image | used | bound | reserved |",
            "|---|---:|---:|---:|",
            *stacks,
            "",
            f"State of one client: {images[0]['client_bytes']} bytes; its buffers belong to the caller.",
            "",
        ]
    )

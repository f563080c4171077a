"""The measured servers and their commands. All accept "--listen 127.0.0.1:0" and print the address when they are ready."""

import platform
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BIN = ROOT / "build" / "host" / "bin"
# The shipped gateway: the program of the board for machines like this one.
BOARDS = {"x86_64": "generic-amd64", "aarch64": "generic-aarch64"}
MOTE_PROGRAM = ROOT / "build" / BOARDS.get(platform.machine(), "host") / "bin" / "mote-gateway"
GO = ROOT / "build" / "bench" / "go"
NODE_MODULES = ROOT / "tests" / "e2e" / "node_modules"

# `calls`: the numbers for a run with many at once and for one at a time, so that each takes about a second.
# `roomy`: flags for many connections, many streams, and large messages.
Server = namedtuple("Server", "key name command roomy calls")

ROOMY = """--max-connections 12000 --max-streams 4096 --max-streams-per-connection 1024 --max-message-bytes 2MiB
 --buffer-bytes 256MiB --memory-budget 2GiB --large-sockets 32 --large-windows 32 --upload-windows 8 --upload-window-bytes 2MiB""".split()
FLOOR_CALLS = (150_000, 8_000)
PEER_CALLS = (20_000, 3_000)

TCP, HTTP2, KEPT, MOTE, MOTE_GRPC = "tcp", "http2", "kept", "mote", "mote-grpc"
CPP, GO_PEER, NODE, PYTHON = "grpc-cpp", "grpc-go", "grpc-js", "grpc-python"

NAMES = {
    TCP: "TCP echo (floor)",
    HTTP2: "HTTP/2 frames counted (floor)",
    KEPT: "HTTP/2 requests kept (floor)",
    MOTE: "mote-gateway",
    MOTE_GRPC: "mote-gateway-grpc",
    CPP: "gRPC C++, callback API",
    GO_PEER: "grpc-go",
    NODE: "@grpc/grpc-js",
    PYTHON: "Python grpcio",
}
COMMANDS = {
    TCP: [BIN / "bench_floor_tcp"],
    HTTP2: [BIN / "bench_floor_http2"],
    KEPT: [BIN / "bench_floor_kept"],
    MOTE: [MOTE_PROGRAM],
    MOTE_GRPC: [BIN / "mote-gateway-grpc"],
    CPP: [BIN / "bench_grpc_callback"],
    GO_PEER: [GO / "bin" / "grpc-go"],
    NODE: ["node", HERE / "grpc_js.js"],
    PYTHON: [sys.executable, HERE / "grpc_python.py"],
}
# Servers of ./dev bench --newer, in the root folder of newer.sh: their names, programs and the packages of their libraries.
NEWER_ROOT = ROOT / "build" / "bench" / "newer"
Newer = namedtuple("Newer", "name program package")
NEWER = {
    "grpc-cpp-newer": Newer("gRPC C++", "grpc-cpp", "libgrpc++-dev"),
    "grpc-go-newer": Newer("grpc-go", "grpc-go", "golang-google-grpc-dev"),
    "tonic": Newer("tonic", "tonic", "librust-tonic-dev"),
}
CALLS = {TCP: FLOOR_CALLS, HTTP2: FLOOR_CALLS, KEPT: FLOOR_CALLS, MOTE: FLOOR_CALLS, NODE: (8_000, 2_000), PYTHON: (2_000, 1_000)}


def share(server, calls):
    """The number of calls for a slower peer, from that for the gateway."""
    return max(200, calls * server.calls[0] // FLOOR_CALLS[0])


def server(key):
    return Server(key, NAMES[key], COMMANDS[key], ROOMY if key in (MOTE, MOTE_GRPC) else [], CALLS.get(key, PEER_CALLS))


def all_servers():
    """Without the floor that keeps requests: only with large ones it differs from the other."""
    return [server(key) for key in NAMES if key != KEPT]


def newer_servers():
    """The gateway, the peers of this Debian that have a newer version, and those."""
    here = [server for server in all_servers() if server.key in (MOTE, CPP, GO_PEER)]
    return here + [
        Server(key, newer.name, ["/usr/sbin/chroot", NEWER_ROOT, f"/bench/bin/{newer.program}"], [], PEER_CALLS) for key, newer in NEWER.items()
    ]


def version(key):
    """The version of the library of a peer, from its package."""
    package = {CPP: "libgrpc++1.51", MOTE_GRPC: "libgrpc++1.51", GO_PEER: "golang-google-grpc-dev", PYTHON: "python3-grpcio"}
    if key in NEWER:
        command = ["dpkg-query", f"--root={NEWER_ROOT}", "-W", "-f", "${Version}", NEWER[key].package]
    elif key in package:
        command = ["dpkg-query", "-W", "-f", "${Version}", package[key]]
    elif key == NODE:
        command = ["node", "-p", "require('@grpc/grpc-js/package.json').version + ' on Node.js ' + process.version.slice(1)"]
    else:
        return ""
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    return result.stdout.strip()


def environment():
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "NODE_PATH": str(NODE_MODULES)}


def missing(server):
    """The reason why a server cannot be measured, or None."""
    for word in server.command:
        if isinstance(word, Path) and not word.exists():
            return f"{word.name} was not built"
    if server.key in NEWER and not (NEWER_ROOT / "bench" / "bin" / NEWER[server.key].program).exists():
        return "it was not built"
    if server.key == NODE and not NODE_MODULES.exists():
        return "its npm package is not installed"
    return None

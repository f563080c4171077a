"""The clients, servers and proxies: their programs, and the behaviours that do not apply to them.

PEERS_BIN has the programs of the CMake build, PEERS_BUILT those of build.sh.
"""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
E2E = HERE.parent / "e2e"
sys.path[:0] = [str(HERE / "proxies"), str(E2E)]

import caddy
import haproxy
import nginx

BUILT = Path(os.environ.get("PEERS_BUILT") or ROOT / "build" / "peers")
BIN = Path(os.environ.get("PEERS_BIN") or ROOT / "build" / "host" / "bin")
PYTHON, RUBY, NODE = "/usr/bin/python3", "/usr/bin/ruby", "node"


@dataclass(frozen=True)
class Peer:
    name: str
    command: list
    # Behaviours that do not apply: name and reason; the same for each proxy.
    cannot: dict = field(default_factory=dict)
    cannot_through: dict = field(default_factory=dict)


RESETS_IDLE_STREAMS = "h2 0.3 resets streams that it has not opened; the proxy closes the connection"
DISCARDS = "h2 0.3 discards an answer that RST_STREAM NO_ERROR follows"
# grpc issues 19655 and 38758. mote tolerates it (docs/conformance.md, "Deviations").
CORE_RESETS_IDLE_STREAMS = (
    "gRPC's C core resets streams that it has not opened; HAProxy and Caddy then close the connection, and sometimes other calls on it fail"
)
# Behaviours in which a client may reset a stream before it has opened it.
RESETTING = ("cancel-at-once", "deadline-at-once")
CORE_THROUGH = {proxy: dict.fromkeys(RESETTING, CORE_RESETS_IDLE_STREAMS) for proxy in ("haproxy", "caddy")}

CLIENTS = {
    "grpcio": Peer("Python grpcio", [PYTHON, HERE / "clients" / "grpcio.py"], cannot_through=CORE_THROUGH),
    "grpc-js": Peer("@grpc/grpc-js", [NODE, HERE / "clients" / "grpc_js.js"]),
    "grpc-cpp": Peer("gRPC C++", [BIN / "peers_grpc_cpp"], cannot_through=CORE_THROUGH),
    "grpc-ruby": Peer("Ruby grpc", [RUBY, HERE / "clients" / "grpc_ruby.rb"], cannot_through=CORE_THROUGH),
    "grpc-go": Peer("grpc-go", [BUILT / "go" / "bin" / "client"]),
    "grpc-java": Peer("grpc-java on Netty", [BUILT / "java" / "bin" / "client"]),
    "rust-h2": Peer(
        "Rust h2",
        [BUILT / "rust" / "bin" / "client"],
        cannot_through={
            "nginx": {"refused-messages": DISCARDS},
            "haproxy": dict.fromkeys(RESETTING, RESETS_IDLE_STREAMS),
            "caddy": dict.fromkeys(RESETTING, RESETS_IDLE_STREAMS) | {"refused-messages": DISCARDS},
        },
    ),
}

SERVERS = {
    "grpcio": Peer("Python grpcio", [PYTHON, E2E / "reference_server.py"]),
    "grpc-js": Peer("@grpc/grpc-js", [NODE, E2E / "js_server.js"]),
    "grpc-cpp": Peer("gRPC C++", [BIN / "e2e_cpp_server"]),
    "grpc-ruby": Peer("Ruby grpc", [RUBY, HERE / "servers" / "grpc_ruby.rb", BUILT / "ruby" / "stubs"]),
    "grpc-go": Peer("grpc-go", [BUILT / "go" / "bin" / "server"]),
    "grpc-java": Peer(
        "grpc-java on Netty",
        [BUILT / "java" / "bin" / "server"],
        {"refused-messages": "grpc-java resets a call whose message is too large, without a status"},
    ),
}

PROXIES = {proxy.name.lower(): proxy for proxy in (nginx.Nginx, haproxy.HAProxy, caddy.Caddy)}

# Behaviours in which the official library differs.
GRPC_ENGINE_CANNOT = {
    "drain": "the library answers CANCELLED to calls that arrive before the client receives GOAWAY",
    "refused-header-lists": "the library sometimes closes the connection",
}

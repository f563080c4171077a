"""Unary calls with TLS 1.3 next to plaintext: the gateway, and gRPC C++.

The certificate is of one authority, and clients have none. Figures include the handshakes of the connections: one for 8,000
calls one at a time.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path

import gateway as harness
import load
import secured
import servers as table
from plan import ROUNDS, TLS_POINTS
from series import Series

KEYS = (table.MOTE, table.CPP)


def load_at(server, point):
    return load.unary(server.calls[0], 8, 16) if point == "pipelined" else load.unary(server.calls[1], 1, 1)


def started(server, folder):
    """The server with and without TLS."""
    command = [*map(str, server.command)]
    files = ["--tls-certificate", folder / "gateway.pem", "--tls-key", folder / "gateway.key"]
    yield "plaintext", harness.Gateway(command=command)
    yield "tls", harness.Gateway(*files, listen=("tls:127.0.0.1:0",), command=command)


def measure(servers):
    """CPU time per call by server, "plaintext" or "tls", and point: (median, minimum, maximum) in microseconds. All take turns."""
    cpu = {kind: Series() for kind in ("plaintext", "tls")}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        secured.make_certificates(folder)
        running = [
            (server, kind, stack.enter_context(process)) for server in servers if server.key in KEYS for kind, process in started(server, folder)
        ]
        for server, _, process in running:
            load.run(server, process.target, load.unary(1000, 8, 16))
        for _ in range(ROUNDS):
            for server, kind, process in running:
                for point in TLS_POINTS:
                    cost = load.cost(server, process.target, process.process.pid, load_at(server, point))
                    cpu[kind].add(server.key, point, cost.cpu_us)
    by_kind = {kind: series.summary() for kind, series in cpu.items()}
    return {server: {kind: by_kind[kind][server] for kind in by_kind} for server in by_kind["tls"]}

"""CPU time and sleeps per call by the number of connections, and what explains the growth: the memory of busy connections."""

import subprocess
from contextlib import ExitStack, closing

import account
import load
import servers as table
from plan import BUSY_CONNECTIONS, CONNECTIONS, CURVE_ROUNDS
from series import Series
from wire_client import WireClient


def at(server, connections):
    """Two loads with one call at a time on each connection. Both include the cost of connecting."""
    more = max(table.share(server, 6_000 if connections == 1 else 20_000), 5 * connections)
    return load.unary(2 * connections, connections, 1), load.unary(2 * connections + more, connections, 1)


def cache_bytes():
    """The size of a core's second cache, or 0 if the system does not say it."""
    words = subprocess.run(["getconf", "LEVEL2_CACHE_SIZE"], capture_output=True, text=True, check=True).stdout
    return int(words.strip() or 0)


def measure(servers):
    """CPU time and sleeps at each number of connections, and the cost with many silent ones."""
    cpu, slept, silent, kernel_bytes = Series(), Series(), Series(), Series()
    with ExitStack() as stack:
        running = [(server, stack.enter_context(load.started(server, roomy=True))) for server in servers]

        def cost(server, process, point):
            return load.cost_without_connecting(server, process.target, process.process.pid, *at(server, point))

        for _ in range(CURVE_ROUNDS):
            for point in CONNECTIONS:
                for server, process in running:
                    cpu_us, sleeps = cost(server, process, point)
                    cpu.add(server.key, point, cpu_us)
                    slept.add(server.key, point, sleeps)
            for server, process in running:
                if server.key not in (table.HTTP2, table.MOTE):
                    continue
                with ExitStack() as clients:
                    before = account.slab_bytes()
                    for _ in range(CONNECTIONS[-1] - BUSY_CONNECTIONS):
                        clients.enter_context(closing(WireClient(process.target, load.REPLY)))
                    grown = account.slab_bytes() - before
                    kernel_bytes.add(server.key, "connection", grown / (CONNECTIONS[-1] - BUSY_CONNECTIONS))
                    silent.add(server.key, BUSY_CONNECTIONS, cost(server, process, BUSY_CONNECTIONS)[0])
    return {
        "connections": cpu.summary(),
        "connection_sleeps": slept.summary(),
        "silent_connections": silent.summary(),
        "connection_kernel_bytes": kernel_bytes.summary(),
        "cache_bytes": cache_bytes(),
    }

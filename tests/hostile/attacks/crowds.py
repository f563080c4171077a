"""Many connections and many waiting calls: one address tries to use the places of all others."""

import itertools
import resource

import raw_http2 as h2
from attack import attack
from scene import SETTINGS_ACK, START, UNIX, head, headers

PLACES = {"counters": ("address_connections_refused", "connections_evicted", "connections_refused")}
CALLS = {"counters": ("address_streams_refused", "streams_refused", "call_idle_timeouts")}


def waiting(path, payload=b""):
    def pieces():
        yield START + SETTINGS_ACK
        block = head(path)
        for stream in itertools.count(1, 2):
            yield headers(stream, block) + (h2.frame(h2.DATA, h2.END_STREAM, stream, payload) if payload else b"")

    return pieces


@attack(what="267 calls of Collect on 3 connections that send nothing, without a deadline", **CALLS)
def waiting_collect(scene):
    scene.swarm(3, lambda: itertools.islice(waiting("/echo.Echo/Collect")(), 90))


@attack(what="267 calls of Watch on 3 connections, without a deadline", **CALLS)
def waiting_watch(scene):
    scene.swarm(3, lambda: itertools.islice(waiting("/grpc.health.v1.Health/Watch", h2.message(b""))(), 90))


@attack(what="calls with 3 KB of metadata that never end", counters=(*CALLS["counters"], "address_buffers_exhausted"))
def kept_metadata(scene):
    block = head("/echo.Echo/Chat", [("x-large", "m" * 3000)])

    def pieces():
        yield START + SETTINGS_ACK
        for stream in range(1, 201, 2):
            yield headers(stream, block)

    scene.swarm(6, pieces)


@attack(what="127 connections that send nothing", **PLACES)
def silent_connections(scene):
    scene.swarm(127, lambda: iter(()))


@attack(what="127 silent connections from as many addresses: the longest idle ones must go", **PLACES)
def silent_addresses(scene):
    scene.swarm(127, lambda: iter(()), addresses=[f"127.0.1.{number}" for number in range(1, 128)])


@attack(what="200 silent connections to the Unix socket, from one user", spared=("open", "new"), **PLACES)
def silent_unix_connections(scene):
    scene.swarm(200, lambda: iter(()), addresses=[UNIX])


@attack(what="267 calls of Collect over the Unix socket, without a deadline", spared=("open", "new"), **CALLS)
def waiting_unix_calls(scene):
    scene.swarm(3, lambda: itertools.islice(waiting("/echo.Echo/Collect")(), 90), addresses=[UNIX])


@attack(what="127 connections that answer PING and make no call", **PLACES, options=("--keepalive-ms", 100))
def idle_connections(scene):
    connections = [scene.connect() for _ in range(127)]
    scene.serve([each for each in connections if each])


@attack(what="127 connections, each with one call that waits", **PLACES)
def waiting_connections(scene):
    scene.swarm(127, lambda: itertools.islice(waiting("/echo.Echo/Collect")(), 2))


@attack("CVE-2023-4785", what="connections until the gateway has no descriptor left", log="event=accept-failed")
def exhausted_descriptors(scene):
    """Limits the gateway to 60 descriptors during the attack."""
    pid = scene.server.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (60, hard))
    try:
        scene.swarm(100, lambda: iter([START]))
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))

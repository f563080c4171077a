#!/usr/bin/python3
"""Measures the gateway, bare TCP and HTTP/2 loops (the floors) and other gRPC servers. See docs/benchmark.md.

    bench.py                    everything; writes docs/figures.json and renders the pages from it
    bench.py --quick            instructions per call against tests/bench/baseline.json
    bench.py --update-baseline  writes the measured instructions per call to the baseline
    bench.py --tls              calls with TLS next to plaintext; writes docs/figures.json and renders the pages
    bench.py --sizes            calls by the size of their messages; writes docs/figures.json and renders the pages
    bench.py --links            calls and uploads over long links; writes docs/figures.json and renders the pages
    bench.py --newer            other servers of this Debian and of a later one; writes docs/figures.json and renders the pages
    bench.py --system-calls     system calls per call; writes docs/figures.json and renders the pages
    bench.py --call-path        functions and instructions of a unary call by room; writes docs/figures.json and renders the pages
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "scripts"), str(HERE)]

import account  # noqa: E402
import call_path  # noqa: E402
import figures_file  # noqa: E402
import guard  # noqa: E402
import instructions  # noqa: E402
import load  # noqa: E402
import many_connections  # noqa: E402
import render_figures  # noqa: E402
import servers as table  # noqa: E402
import system_calls  # noqa: E402
import tls_calls  # noqa: E402
from load import started  # noqa: E402
from plan import CURVE_ROUNDS, IDLE_CONNECTIONS, KINDS, ROUNDS, SIZE_ROUNDS, STARTS, STREAM_MESSAGES, STREAMS, TEXT_BYTES  # noqa: E402
from series import Series  # noqa: E402
from wire_client import WireClient  # noqa: E402

CURVE_SERVERS = (table.TCP, table.HTTP2, table.MOTE, table.CPP)


def say(text):
    print(f"== bench: {text}", file=sys.stderr, flush=True)


def unary_rounds(servers):
    """Measures all servers in turn in each round, so that other load on the machine affects all of them."""
    cpu, rate, loaded = Series(), Series(), {}
    with ExitStack() as stack:
        running = [(server, stack.enter_context(started(server))) for server in servers]
        for server, process in running:
            load.run(server, process.target, load.unary(1000, 8, 16))
        for _ in range(ROUNDS):
            for server, process in running:
                for point, calls, connections, streams in (
                    ("pipelined", server.calls[0], 8, 16),
                    ("single", server.calls[1], 1, 1),
                ):
                    cost = load.cost(server, process.target, process.process.pid, load.unary(calls, connections, streams))
                    cpu.add(server.key, point, cost.cpu_us)
                    rate.add(server.key, point, cost.calls_per_second)
        for server, process in running:
            loaded[server.key] = account.memory_bytes(process.process.pid)[0]
    return {"cpu_us": cpu.summary(), "per_second": rate.summary(), "loaded_rss": loaded}


def one_call(target):
    client = WireClient(target, load.REPLY)
    instructions.unary_one_at_a_time(client)
    return client


def start_milliseconds(server):
    """The time from exec to the first answered call."""
    command = [table.BIN / "bench_first_answer", *server.command, "--listen", "127.0.0.1:0"]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=load.SECONDS).stdout)


def idle_bytes(server):
    """The resident memory of a process that nobody uses. Where its code is loaded decides which pages around those in use the kernel
    maps with them, so it is measured several times.
    """
    with started(server) as process:
        account.wait_until_idle(process.process.pid)
        return account.memory_bytes(process.process.pid)[0]


def at_rest(server):
    """Memory, threads, size and start time. `idle_connection` is the private memory of one more connection, after one call."""
    result = {}
    with started(server) as process:
        pid = process.process.pid
        account.wait_until_idle(pid)
        result["private"] = account.memory_bytes(pid)[1]
        result["threads"] = account.threads(pid)
        result["disk"] = account.disk_bytes(pid)
    result["rss"] = statistics.median(idle_bytes(server) for _ in range(STARTS))
    if server.key == table.TCP:
        return result
    with started(server, roomy=True) as process:
        pid = process.process.pid
        load.run(server, process.target, load.unary(1000, 4, 8))
        before = account.memory_bytes(pid)[1]
        clients = [one_call(process.target) for _ in range(IDLE_CONNECTIONS)]
        result["idle_connection"] = (account.memory_bytes(pid)[1] - before) / IDLE_CONNECTIONS
        for client in clients:
            client.close()
    result["start_ms"] = statistics.median(start_milliseconds(server) for _ in range(STARTS))
    return result


def curve(servers, points, load_at, rounds=CURVE_ROUNDS):
    """CPU time and sleeps per call at each point. `load_at(server, point)` is a Load, or None if the server has no such point."""
    cpu, slept = Series(), Series()
    with ExitStack() as stack:
        running = [(server, stack.enter_context(started(server, roomy=True))) for server in servers]
        for _ in range(rounds):
            for point in points:
                for server, process in running:
                    wanted = load_at(server, point)
                    if wanted is None:
                        continue
                    cost = load.cost(server, process.target, process.process.pid, wanted)
                    cpu.add(server.key, point, cost.cpu_us)
                    slept.add(server.key, point, cost.sleeps)
    return cpu.summary(), slept.summary()


def streams_at(server, streams):
    calls = 6_000 if streams == 1 else 40_000
    return load.unary(max(table.share(server, calls), 4 * streams), 1, streams)


def texts_at(server, text_bytes):
    calls = table.share(server, max(200, min(20_000, 500_000_000 // (text_bytes + 2_000))))
    return load.unary(calls, 4, 1, text_bytes)


def kinds_at(server, kind):
    if server.key in (table.TCP, table.HTTP2):
        return None
    bodies = {
        "unary": ("Reply", load.request()),
        "server stream": ("ReplyStream", load.request(count=STREAM_MESSAGES)),
        "client stream": ("Collect", load.request() * STREAM_MESSAGES),
        "bidirectional": ("Chat", load.request() * STREAM_MESSAGES),
    }
    method, body = bodies[kind]
    calls = table.share(server, 40_000 if kind == "unary" else 3_000)
    return load.Load(calls, 4, 8, f"/echo.Echo/{method}", body, 0)


def count_instructions(servers):
    counts = {}
    for server in servers:
        if server.key not in (table.HTTP2, table.MOTE, table.MOTE_GRPC, table.CPP):
            continue
        unix = server.key == table.MOTE
        scenario = instructions.SCENARIOS[0]
        counts[server.key] = round(instructions.per_call(server.command, scenario, unix))
    return counts


def available(wanted):
    """The servers, and the reasons why others are missing by key."""
    servers, missing = [], {}
    for server in wanted:
        reason = table.missing(server)
        if reason:
            missing[server.key] = reason
            say(f"{server.name} is missing: {reason}")
        else:
            servers.append(server)
    return servers, missing


def write_tls_calls():
    say("unary calls with TLS")
    servers, _ = available(table.all_servers())
    figures_file.write_section("bench_tls", "./dev bench --tls", tls_calls.measure(servers))


def compare(wanted):
    """The servers that are there, with their versions, unary calls, memory and start."""
    servers, missing = available(wanted)
    load.allow_descriptors(20_000)
    results = {"missing": missing, "versions": {server.key: table.version(server.key) for server in servers}}
    say("unary calls")
    results |= unary_rounds(servers)
    say("memory, start")
    results["at_rest"] = {server.key: at_rest(server) for server in servers}
    return servers, results


def measure():
    servers, results = compare(table.all_servers())
    some = [server for server in servers if server.key in CURVE_SERVERS]
    say("streams of one connection")
    results["streams"], _ = curve(some, STREAMS, streams_at)
    say("connections")
    results |= many_connections.measure(some)
    say("kinds of calls")
    results["kinds"], _ = curve(servers, KINDS, kinds_at)
    say("instructions")
    results["instructions"] = count_instructions(servers)
    return results


def write_sizes():
    say("sizes of messages")
    servers, _ = available(table.server(key) for key in (*CURVE_SERVERS, table.KEPT))
    cpu, slept = curve(servers, TEXT_BYTES, texts_at, SIZE_ROUNDS)
    figures_file.write_section("bench_sizes", "./dev bench --sizes", {"texts": cpu, "text_sleeps": slept})


def write_system_calls():
    say("system calls")
    servers, _ = available(table.all_servers())
    figures_file.write_section("bench_system_calls", "./dev bench --system-calls", system_calls.measure(servers))


def write_newer():
    load_before = os.getloadavg()[0]
    servers, results = compare(table.newer_servers())
    results["load"] = load_before
    say("kinds of calls")
    results["kinds"], _ = curve(servers, KINDS, kinds_at)
    figures_file.write_section("bench_newer", "./dev bench --newer", results)


def write_links():
    """In a process of its own, because it changes its network. False if that is not possible."""
    say("long links")
    result = subprocess.run([sys.executable, HERE / "links.py"], stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        say("long links were not measured")
        return False
    figures_file.write_section("bench_links", "./dev bench --links", json.loads(result.stdout))
    return True


def main():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--quick", action="store_true", help="compare the instructions per call with the baseline; fail if they grew")
    parser.add_argument("--update-baseline", action="store_true", help="write the measured instructions per call to the baseline")
    parser.add_argument("--call-path", action="store_true", help="write the functions and instructions of a unary call by room")
    parser.add_argument("--tls", action="store_true", help="measure only calls with TLS and write them")
    parser.add_argument("--sizes", action="store_true", help="measure only calls by the size of their messages and write them")
    parser.add_argument("--links", action="store_true", help="measure only calls and uploads over long links and write them")
    parser.add_argument("--newer", action="store_true", help="measure only the servers of newer.sh next to those of this Debian and write them")
    parser.add_argument("--system-calls", action="store_true", help="measure only system calls per call and write them")
    arguments = parser.parse_args()
    if arguments.update_baseline:
        return guard.update()
    if arguments.quick:
        return guard.check()
    if arguments.call_path:
        call_path.run()
        return 1 if render_figures.render() else 0
    os.environ.update(table.environment())
    if arguments.tls:
        write_tls_calls()
        return 1 if render_figures.render() else 0
    if arguments.sizes:
        write_sizes()
        return 1 if render_figures.render() else 0
    if arguments.links:
        return 0 if write_links() and not render_figures.render() else 1
    if arguments.newer:
        write_newer()
        return 1 if render_figures.render() else 0
    if arguments.system_calls:
        write_system_calls()
        return 1 if render_figures.render() else 0
    begun = time.monotonic()
    figures_file.write_section("bench", "./dev bench", measure())
    write_sizes()
    write_tls_calls()
    write_system_calls()
    write_links()
    say(f"measured in {time.monotonic() - begun:.0f} s")
    render_figures.render()
    return 0


if __name__ == "__main__":
    sys.exit(main())

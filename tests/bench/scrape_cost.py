"""CPU time of the gateway for a scrape of its metrics and for a call, in microseconds.

    scrape_cost.py PROGRAM

Run it from tests/e2e with the Python stubs of the build: PYTHONPATH=../../build/host/python:.:../invariants
"""

import sys
from pathlib import Path

import gateway
import http1_client as http
from gateway import Gateway
from measure import h2load

CALLS = 20_000
SCRAPES = 1_000


def cpu_us(pid):
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1000


def main():
    gateway.test_against(sys.argv[1:])
    with Gateway("--http", "127.0.0.1:0") as server:
        address, pid = http.monitor_address(server), server.process.pid
        h2load(server.target, CALLS, "-c8", "-m16")  # Warms up.
        for name, load in (("a call, 8 connections x 16 at once", ("-c8", "-m16")), ("a call, one at a time", ("-c1", "-m1"))):
            before = cpu_us(pid)
            h2load(server.target, CALLS, *load)
            print(f"{name}: {(cpu_us(pid) - before) / CALLS:.2f} us")
        for path in ("/metrics", "/stats.json"):
            with http.Connection(address) as connection:
                size = len(connection.ask(path).body)
                before = cpu_us(pid)
                for _ in range(SCRAPES):
                    connection.ask(path)
                print(f"{path}, {size} bytes: {(cpu_us(pid) - before) / SCRAPES:.1f} us")


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Tests a configuration of deploy/proxies in front of two gateways, with TLS on both sides.

    scaling_run.py --through PROXY --gateway PROGRAM --interop PROGRAM [--write] [--only REGEX]

Exit code 1 if a behaviour fails or the proxy differs from scaling.json. --write: enters what it does in scaling.json.
"""

import argparse
import contextlib
import functools
import json
import tempfile
import time
from pathlib import Path

import report
import scaling_wire
from harness import Failed, Gateway, unused_port, wait_until
from scaling_load import KINDS, Load
from scaling_proxies import BALANCERS, CLIENT, NAME, make_certificates

import http1_client as http

SEEN = Path(__file__).with_name("scaling.json")
# Connections to a restarted gateway: the checks and pauses of the proxies take seconds.
PATIENCE = 40


def sample(gateway, name, **labels):
    """The sum of the samples of this metric that have these labels."""
    with http.Connection(http.monitor_address(gateway)) as connection:
        connection.send(http.get("/metrics"))
        lines = connection.response().text.splitlines()
    labels = [f'{label}="{value}"' for label, value in labels.items()]
    found = [line for line in lines if line.startswith(name + "{") and all(label in line for label in labels)]
    return sum(int(line.split()[-1]) for line in found)


def serves_all(gateway):
    return all(sample(gateway, "grpc_server_started_total", grpc_service="echo.Echo", grpc_method=kind) for kind in KINDS)


def ends_connections(gateway):
    return sample(gateway, "mote_limit_reached_total", limit="max-connection-age-seconds") >= 2


class Pair:
    """Two servers behind a proxy."""

    def __init__(self, program, certificates, balancer, *options):
        files = {"certificate": "gateway.pem", "key": "gateway.key", "client-ca": "ca.pem"}
        tls = [word for key, file in files.items() for word in (f"--tls-{key}", certificates / file)]
        self._program = program
        self._options = (*tls, "--tls-allow", CLIENT, "--trusted-proxy", "127.0.0.1", "--http", "127.0.0.1:0", *options)
        self._addresses = [f"127.0.0.1:{unused_port()}" for _ in range(2)]
        self._stack = contextlib.ExitStack()
        self.certificates = certificates
        self.proxy = balancer(self._addresses, certificates)

    def __enter__(self):
        self.gateways = [self._start(address) for address in self._addresses]
        self._stack.callback(lambda: [gateway.kill() for gateway in self.gateways])
        self._stack.enter_context(self.proxy)
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _start(self, address):
        return Gateway(*self._options, listen=(f"tls:{address}",), command=[self._program]).start()

    def restart(self, index):
        """SIGTERM, which finishes the open calls, and a new process at the same address, or the new process first."""
        old = self.gateways[index]
        if self.proxy.needs_the_new_gateway_first:
            self.gateways[index] = self._start(self._addresses[index])
            old.stop()
        else:
            old.stop()
            self.gateways[index] = self._start(self._addresses[index])

    @functools.cached_property
    def direct(self):
        """A connection to one of the servers."""
        return self._stack.enter_context(scaling_wire.connection(self._addresses[0], self.certificates))

    @functools.cached_property
    def through(self):
        """A connection to the proxy."""
        return self._stack.enter_context(scaling_wire.connection(self.proxy.target, self.certificates))

    def sum(self, name, **labels):
        return sum(sample(gateway, name, **labels) for gateway in self.gateways)

    def evidence(self):
        """The last lines of the logs of the servers and the proxy."""
        logs = {gateway.target: gateway.stderr for gateway in self.gateways} | {self.proxy.name: self.proxy.log()}
        return "".join(f"  {name}: {line}\n" for name, log in logs.items() for line in log.splitlines()[-5:])

    def load(self, repeats=True):
        return Load(self.proxy.target, self.certificates, NAME, repeats)


def expect_no_lost_call(load, proxy):
    """Apart from those that the proxy says it lost itself."""
    lost = proxy.log().count(proxy.logs_a_lost_call) if proxy.logs_a_lost_call else 0
    if len(load.failures) > lost:
        raise Failed(f"{len(load.failures)} of {load.calls.total()} calls failed:\n" + "\n".join(load.failures[:10]))


def wait_for_all(condition, pair, what):
    for gateway in pair.gateways:
        wait_until(lambda: condition(gateway), f"{gateway.target} {what}", PATIENCE)


def balances(pair):
    """One client's calls of every kind reach both gateways."""
    with pair.load() as load:
        wait_for_all(serves_all, pair, "has calls of every kind")
    expect_no_lost_call(load, pair.proxy)


def ends_old_connections(pair):
    with pair.load(repeats=False) as load:
        wait_for_all(ends_connections, pair, "ends connections")
    expect_no_lost_call(load, pair.proxy)


def ends_old_connections_in_pauses(pair):
    """A proxy without processor time for longer than a second still sends no call on a connection that has ended."""
    with pair.load(repeats=False) as load:
        for _ in range(6):
            time.sleep(0.5)
            pair.proxy.pause(2.5)
        wait_for_all(ends_connections, pair, "ends connections")
    expect_no_lost_call(load, pair.proxy)


def restarts(pair):
    """Each gateway is stopped and started while the other one serves."""
    with pair.load() as load:
        wait_for_all(serves_all, pair, "has calls of every kind")
        for index in range(2):
            pair.restart(index)
            wait_for_all(serves_all, pair, "has calls again")
    expect_no_lost_call(load, pair.proxy)


def compare(gateways, servers, name, version):
    """What the proxy does, as in scaling.json."""
    rows = {row: look(gateways, servers) for row, look in scaling_wire.ROWS.items()}
    return {"name": name, "version": version, "rows": rows}


def compare_with(seen, write):
    expected = json.loads(SEEN.read_text()) if SEEN.exists() else {}
    name = seen["name"]
    if write:
        SEEN.write_text(json.dumps(expected | {name: seen}, indent=1, ensure_ascii=False) + "\n")
    elif seen != expected.get(name):
        raise Failed(f"{name} differs from {SEEN.name}, which --write changes:\n{json.dumps(seen, indent=1)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--through", required=True, choices=BALANCERS)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--interop", required=True, help="mote-interop-server")
    parser.add_argument("--write", action="store_true", help=f"write {SEEN.name}")
    report.add_options(parser)
    arguments = parser.parse_args()

    balancer = BALANCERS[arguments.through]
    version = balancer.version()
    with tempfile.TemporaryDirectory() as folder:
        certificates = Path(folder)
        make_certificates(certificates)

        def gateways(*options):
            return Pair(arguments.gateway, certificates, balancer, *options)

        def in_front_of_gateways(check, *options):
            with gateways(*options) as pair:
                try:
                    check(pair)
                except (Failed, AssertionError) as failure:
                    raise Failed(f"{failure}\n{pair.evidence()}") from failure

        def table():
            with gateways() as pair, Pair(arguments.interop, certificates, balancer) as servers:
                compare_with(compare(pair, servers, balancer.name, version), arguments.write)

        shared_port = "on" if balancer.needs_the_new_gateway_first else "off"
        behaviours = {
            "balances": lambda: in_front_of_gateways(balances),
            "ends-old-connections": lambda: in_front_of_gateways(ends_old_connections, "--max-connection-age-seconds", 1),
            "ends-old-in-pauses": lambda: in_front_of_gateways(
                ends_old_connections_in_pauses, "--max-connection-age-seconds", 1
            ),
            "restarts": lambda: in_front_of_gateways(restarts, "--reuse-port", shared_port),
            "table": table,
        }
        report.run(
            [(name, None, check) for name, check in behaviours.items()],
            arguments,
            client="scaling",
            through=balancer.name,
            server="mote-gateway",
            versions={balancer.name: version},
            descriptions={},
        )


if __name__ == "__main__":
    main()

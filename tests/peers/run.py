#!/usr/bin/python3
"""Runs the behaviours of behaviours.py with one client, directly or through a proxy, and prints the result of each.

    run.py --client NAME --gateway PROGRAM [--engine grpc] [--interop PROGRAM] [--through PROXY] [--only REGEX] [--results FILE]

Exit code 1 if a behaviour fails.
"""

import argparse
import shlex

import peers
import report
from behaviours import BEHAVIOURS
from harness import Client, Failed
from session import Session

DRAIN_SECONDS = 10


def why_not(behaviour, peer, arguments):
    """The reason why a behaviour does not apply, or None."""
    if behaviour.server == "interop" and not arguments.interop:
        return "mote-interop-server uses the lean engine"
    through = None
    if arguments.through:
        of_both = peer.cannot_through.get(arguments.through, {})
        through = (peers.PROXIES[arguments.through].cannot | of_both).get(behaviour.name)
    engine = peers.GRPC_ENGINE_CANNOT.get(behaviour.name) if arguments.engine == "grpc" else None
    return peer.cannot.get(behaviour.name) or through or engine


def check(behaviour, peer, proxy, arguments):
    server = shlex.split(arguments.interop if behaviour.server == "interop" else arguments.gateway)
    options = (*behaviour.options, "--drain-seconds", DRAIN_SECONDS)
    with Session(peer.command, server, options, proxy, logs=arguments.engine == "lean") as session:
        try:
            behaviour.check(session)
            session.check(behaviour.connections)
        except (Failed, AssertionError) as failure:
            raise Failed(f"{failure}\n{session.evidence()}") from failure


def client_version(peer):
    client = Client(peer.command, "127.0.0.1:1")
    try:
        return client.version()
    finally:
        client.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--client", required=True, choices=peers.CLIENTS)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--engine", default="lean", choices=("lean", "grpc"))
    parser.add_argument("--interop", help="mote-interop-server")
    parser.add_argument("--through", choices=peers.PROXIES, help="a proxy between the client and the gateway")
    report.add_options(parser)
    arguments = parser.parse_args()

    peer = peers.CLIENTS[arguments.client]
    proxy = peers.PROXIES.get(arguments.through)
    versions = {peer.name: client_version(peer)} | ({proxy.name: proxy.version()} if proxy else {})
    report.run(
        [
            (each.name, why_not(each, peer, arguments), lambda each=each: check(each, peer, proxy, arguments))
            for each in BEHAVIOURS
        ],
        arguments,
        client=peer.name,
        through=proxy.name if proxy else None,
        server={"lean": "mote-gateway", "grpc": "mote-gateway-grpc"}[arguments.engine],
        versions=versions,
        descriptions={each.name: each.description for each in BEHAVIOURS},
    )


if __name__ == "__main__":
    main()

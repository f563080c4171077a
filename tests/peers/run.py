#!/usr/bin/python3
"""Runs the behaviours of behaviours.py with one client, directly or through a proxy, and prints the result of each.

    run.py --client NAME --gateway PROGRAM [--engine grpc] [--interop PROGRAM] [--through PROXY] [--tls VERSION [--mutual]]
           [--only REGEX] [--results FILE]

Exit code 1 if a behaviour fails.
"""

import argparse
import shlex

import peers
import report
from behaviours import BEHAVIOURS, DEADLINE_EXCEEDED, REPLY, UNAVAILABLE, expect_codes, expect_served, request
from harness import Client, Failed
from session import Session
from tls import VERSIONS, Tls

DRAIN_SECONDS = 10
TLS_DESCRIPTIONS = {
    "tls-authority": "A client that trusts another authority refuses the gateway.",
    "tls-version": "A client that speaks TLS 1.2 is refused by a gateway that demands 1.3.",
    "tls-no-certificate": "A client without a certificate is refused by a gateway that demands one.",
}


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


def check(behaviour, peer, proxy, arguments, tls):
    server = shlex.split(arguments.interop if behaviour.server == "interop" else arguments.gateway)
    options = (*behaviour.options, "--drain-seconds", DRAIN_SECONDS)
    with Session(peer.command, server, options, proxy, logs=arguments.engine == "lean", tls=tls) as session:
        try:
            behaviour.check(session)
            session.check(behaviour.connections)
        except (Failed, AssertionError) as failure:
            raise Failed(f"{failure}\n{session.evidence()}") from failure


def refused(peer, arguments, gateway_tls, environment, reason):
    """The gateway refuses a client with this reason in its log."""
    with Session(peer.command, shlex.split(arguments.gateway), tls=gateway_tls) as session:
        result = session.client(environment).call("unary", REPLY, request(), timeout_ms=5000)
        expect_codes(result, UNAVAILABLE, DEADLINE_EXCEEDED)
        session.server.wait_for_log(f'event=tls-refused .*"{reason}')


def distrusted(peer, arguments, tls):
    """A client that trusts another authority refuses the gateway, which then serves one that trusts its own. Its log is not compared:
    gRPC's C core sends no alert, and Node.js verifies a certificate of TLS 1.2 after the handshake."""
    other = Tls(tls.version, tls.mutual)
    environment = {**tls.environment(), "PEERS_CA": str(other.folder / "ca.pem")}
    with Session(peer.command, shlex.split(arguments.gateway), tls=tls) as session:
        result = session.client(environment).call("unary", REPLY, request(), timeout_ms=5000)
        expect_codes(result, UNAVAILABLE, DEADLINE_EXCEEDED)
        expect_served(session.client())


def refusals(peer, arguments, tls):
    """What the gateway or the client refuses: name, reason why it does not apply, function."""
    yield "tls-authority", None, lambda: distrusted(peer, arguments, tls)
    if tls.version == "1.2":
        newest = Tls("1.3", tls.mutual)
        reason = "no common version of TLS"
        yield "tls-version", None, lambda: refused(peer, arguments, newest, tls.environment(), reason)
    if tls.mutual:
        environment = tls.environment(with_certificate=False)
        yield "tls-no-certificate", None, lambda: refused(peer, arguments, tls, environment, "the client sent no certificate")


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
    parser.add_argument("--tls", choices=VERSIONS, help="the version, between the gateway and the client or the proxy")
    parser.add_argument("--mutual", action="store_true", help="the gateway demands a certificate")
    report.add_options(parser)
    arguments = parser.parse_args()

    peer = peers.CLIENTS[arguments.client]
    proxy = peers.PROXIES.get(arguments.through)
    tls = Tls(arguments.tls, arguments.mutual) if arguments.tls else None
    extra = [*refusals(peer, arguments, tls)] if tls and not proxy else []
    versions = {peer.name: client_version(peer)} | ({proxy.name: proxy.version()} if proxy else {})
    report.run(
        [
            (each.name, why_not(each, peer, arguments), lambda each=each: check(each, peer, proxy, arguments, tls))
            for each in BEHAVIOURS
        ]
        + extra,
        arguments,
        client=peer.name,
        through=proxy.name if proxy else None,
        server={"lean": "mote-gateway", "grpc": "mote-gateway-grpc"}[arguments.engine] + (f" with {tls}" if tls else ""),
        versions=versions,
        descriptions={each.name: each.description for each in BEHAVIOURS} | TLS_DESCRIPTIONS,
    )


if __name__ == "__main__":
    main()

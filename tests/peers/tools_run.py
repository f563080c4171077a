#!/usr/bin/python3
"""Runs curl and h2load, HTTP/2 clients without gRPC, against the gateway, directly or through a proxy.

    tools_run.py --client curl|h2load --gateway PROGRAM [--through PROXY] [--only REGEX] [--results FILE]

Exit code 1 if a behaviour fails.
"""

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

import peers
import report
from behaviours import LARGE, MEBIBYTE, REPLY, expect, reply_text, request
from harness import Failed
from session import Session

SECONDS = 120
GRPC = ("-H", "te: trailers", "-H", "content-type: application/grpc")
PREFIX_BYTES = 5


def framed(message):
    return b"\0" + len(message).to_bytes(4, "big") + message


def output_of(command):
    result = subprocess.run(
        [*map(str, command)], stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
    )
    expect(result.returncode == 0, f"exit {result.returncode}: {result.stderr.decode()[-500:]}")
    return result.stdout.decode()


class Tool:
    """A program that sends a file to the gateway."""

    def __init__(self, session):
        self.session = session
        self._folder = tempfile.TemporaryDirectory()
        self.body = Path(self._folder.name, "body")
        self.answer = Path(self._folder.name, "answer")

    def curl(self, path, message, *arguments):
        self.body.write_bytes(framed(message))
        command = ["curl", "--silent", "--show-error", "--http2-prior-knowledge", *GRPC, "--data-binary", f"@{self.body}"]
        return output_of([*command, "--output", self.answer, *arguments, f"http://{self.session.target}{path}"])

    def h2load(self, calls, message, *arguments):
        self.body.write_bytes(framed(message))
        output = output_of(["h2load", "-n", calls, "-d", self.body, *GRPC, *arguments, f"http://{self.session.target}{REPLY}"])
        expect(f"{calls} succeeded, 0 failed, 0 errored" in output and f"{calls} 2xx" in output, output)


def unary(tool):
    for text in ("from curl", "", "x" * 20_000):
        fields = tool.curl(REPLY, request(text), "--dump-header", "-")
        expect(re.search(r"^grpc-status: 0\r?$", fields, re.MULTILINE), fields)
        expect(reply_text(tool.answer.read_bytes()[PREFIX_BYTES:]) == f"You said: {text}", "the reply differs")


def large_messages(tool):
    tool.curl(REPLY, request(MEBIBYTE))
    expect(reply_text(tool.answer.read_bytes()[PREFIX_BYTES:]) == f"You said: {MEBIBYTE}", "the reply differs")


def many_at_once(tool):
    tool.h2load(5000, request("load"), "-c4", "-m4")


def small_windows(tool):
    tool.h2load(500, request("x" * 5000), "-c4", "-m8", "-w10", "-W11")


# For each tool: behaviour, description, function, options of the gateway, connections.
BEHAVIOURS = {
    "curl": (
        ("curl-unary", "Three calls, each with grpc-status.", unary, (), 3),
        ("curl-large-messages", "1 MiB in both directions.", large_messages, LARGE, 1),
    ),
    "h2load": (
        ("h2load-many-at-once", "5,000 calls, 4 at once on each of 4 connections.", many_at_once, (), 5),
        ("h2load-small-windows", "500 replies of 5,000 bytes through windows of 1 and 2 KiB.", small_windows, (), 5),
    ),
}


def check(name, function, options, connections, proxy, arguments):
    with Session(None, [arguments.gateway], options, proxy) as session:
        try:
            function(Tool(session))
            session.check(connections)
        except (Failed, AssertionError) as failure:
            raise Failed(f"{failure}\n{session.evidence()}") from failure


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--client", required=True, choices=BEHAVIOURS)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--through", choices=peers.PROXIES, help="a proxy between the tool and the gateway")
    report.add_options(parser)
    arguments = parser.parse_args()

    proxy = peers.PROXIES.get(arguments.through)
    cannot = proxy.cannot if proxy else {}
    behaviours = BEHAVIOURS[arguments.client]
    version = re.search(r"\d+\.\d+\.\d+", output_of([arguments.client, "--version"])).group(0)
    report.run(
        [
            (name, cannot.get(name), lambda each=(name, function, options, connections): check(*each, proxy, arguments))
            for name, _, function, options, connections in behaviours
        ],
        arguments,
        client=arguments.client,
        through=proxy.name if proxy else None,
        server="mote-gateway",
        versions={arguments.client: version} | ({proxy.name: proxy.version()} if proxy else {}),
        descriptions={name: description for name, description, *_ in behaviours},
    )


if __name__ == "__main__":
    main()

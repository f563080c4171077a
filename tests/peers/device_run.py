#!/usr/bin/python3
"""Runs mote-device against a server of another project, directly or through a proxy, and prints the result of each behaviour.

    device_run.py --device PROGRAM --server NAME [--through PROXY] [--only REGEX] [--results FILE]

Exit code 1 if a behaviour fails.
"""

import argparse
import contextlib
import json
import re
import subprocess

import peers
import report
from behaviours import STATUS_TEXTS, expect
from harness import Failed, Gateway, unused_port, wait_until

PATIENCE = 60
MAX_MESSAGE = ("--max-message-bytes", 4 << 20)


class Device:
    """mote-device with the address of the server, or of the proxy."""

    def __init__(self, program, target):
        self._command = [program, "--json", "--target", target]

    def begin(self, *arguments):
        return subprocess.Popen(
            [*self._command, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments, code=0):
        """Runs mote-device and returns the objects before the summary, and the summary. It must exit with `code`."""
        process = self.begin(*arguments)
        try:
            out, errors = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.communicate()
            raise Failed(f"mote-device did not end within {PATIENCE} s: {arguments}") from error
        expect(process.returncode == code, f"exit {process.returncode} of {arguments}:\n{out[-2000:]}{errors}")
        objects = [json.loads(line) for line in out.splitlines()]
        return objects[:-1], objects[-1]


def expect_answered(summary, count):
    expect((summary["sent"], summary["answered"], summary["failed"]) == (count, count, 0), summary)


def unary(device, _):
    answers, summary = device("--count", 200, "--interval", 0, "--message", "Grüße")
    expect_answered(summary, 200)
    expect({each["text"] for each in answers} == {"You said: Grüße"}, answers[:3])


def server_streaming(device, _):
    answers, summary = device("--mode", "reply-stream", "--count", 20, "--interval", 5)
    expect_answered(summary, 20)
    expect(len(answers) == 20, answers)


def client_streaming(device, _):
    results, summary = device("--mode", "collect", "--count", 500, "--interval", 0, "--size", 1000)
    expect_answered(summary, 500)
    expect((results[0]["messages"], results[0]["bytes"]) == (500, 500_000), results)


def bidi_streaming(device, _):
    answers, summary = device("--mode", "chat", "--count", 500, "--interval", 0)
    expect_answered(summary, 500)
    expect([each["text"] for each in answers] == ["You said: hello"] * 500, answers[:3])


def metadata(device, _):
    for mode in ("reply", "chat"):
        results, _ = device(
            *("--mode", mode, "--count", 1, "--metadata", "x-echo-a=some text", "--metadata", "x-echo-b-bin=AAEC/w==")
        )
        fields = [field for each in results for field in each.get("metadata", [])]
        back = {(field["name"], field["value"].rstrip("=")) for field in fields if field["name"].startswith("x-echo-")}
        expect(back == {("x-echo-a", "some text"), ("x-echo-b-bin", "AAEC/w")}, results)


def status(_, session):
    for text in STATUS_TEXTS:
        with session("--fail-with", text) as device:
            results, summary = device("--count", 3, "--interval", 0, code=1)
            expect([each["detail"] for each in results] == [text] * 3, f"{text!r} became {results}")
            expect(summary["failed_with"] == {"FAILED_PRECONDITION": 3}, summary)


def deadline(device, _):
    results, summary = device("--mode", "reply-stream", "--count", 2, "--interval", 30_000, "--deadline", 3000, code=1)
    expect([each["type"] for each in results] == ["answer", "failure"], results)
    expect(summary["failed_with"] == {"DEADLINE_EXCEEDED": 1}, summary)


def thousand_calls(device, _):
    _, summary = device("--count", 1000, "--interval", 0)
    expect_answered(summary, 1000)


def long_stream(device, _):
    for mode in ("reply-stream", "chat"):
        _, summary = device("--mode", mode, "--count", 3000, "--interval", 0)
        expect_answered(summary, 3000)


def large_messages(device, _):
    for mode in ("reply", "chat"):
        answers, _ = device("--mode", mode, "--count", 3, "--interval", 0, "--size", "1MiB")
        expect([each["bytes"] for each in answers] == [(1 << 20) + len("You said: ")] * 3, answers)


def refused_messages(device, _):
    for mode in ("reply", "collect", "chat"):
        results, summary = device("--mode", mode, "--count", 1, "--size", 5 << 20, code=1)
        expect(set(summary["failed_with"]) == {"RESOURCE_EXHAUSTED"}, results)
    _, summary = device("--count", 1)
    expect_answered(summary, 1)


BEHAVIOURS = (
    ("unary", "200 calls, one after the other.", unary),
    ("server-streaming", "20 replies, 5 ms apart.", server_streaming),
    ("client-streaming", "The server counts 500 messages of 1,000 bytes.", client_streaming),
    ("bidi-streaming", "500 messages, each answered.", bidi_streaming),
    ("metadata", "Text and -bin metadata in both directions.", metadata),
    ("status", "Status messages that begin and end with every kind of character.", status),
    ("deadline", "DEADLINE_EXCEEDED after the first reply.", deadline),
    ("thousand-calls", "1,000 calls, one after the other.", thousand_calls),
    ("long-stream", "3,000 replies, and 3,000 messages, each answered.", long_stream),
    ("large-messages", "Messages of 1 MiB in both directions.", large_messages),
    ("refused-messages", "RESOURCE_EXHAUSTED for messages larger than the server's limit.", refused_messages),
)
RESTART = "The server stops during calls and starts again: the device continues without help."


@contextlib.contextmanager
def session_with(peer, proxy, program, *options):
    """Starts a server with these options, and returns the device that calls it."""
    with contextlib.ExitStack() as stack:
        server = Gateway(*MAX_MESSAGE, *options, command=list(map(str, peer.command))).start()
        stack.callback(server.kill)
        target = stack.enter_context(proxy(server.target)).target if proxy else server.target
        yield Device(program, target)


def check(function, peer, proxy, program):
    with session_with(peer, proxy, program) as device:
        function(device, lambda *options: session_with(peer, proxy, program, *options))


def restart(peer, proxy, program):
    address = f"127.0.0.1:{unused_port()}"
    command = list(map(str, peer.command))
    with contextlib.ExitStack() as stack:
        first = Gateway(*MAX_MESSAGE, listen=(address,), command=command).start()
        stack.callback(first.kill)
        target = stack.enter_context(proxy(address)).target if proxy else address
        process = Device(program, target).begin("--count", 0, "--interval", 20)
        stack.callback(process.kill)
        wait_for_type(process, "answer")
        first.terminate()
        first.wait()
        failure = wait_for_type(process, "failure")
        second = Gateway(*MAX_MESSAGE, listen=(address,), command=command).start()
        stack.callback(second.kill)
        wait_for_type(process, "answer")
        process.terminate()
        # Not communicate(), which would lose what the reads above have buffered.
        out = process.stdout.read()
        process.wait(PATIENCE)
        failures = {failure["status"]} | {each["status"] for each in map(json.loads, out.splitlines()) if each["type"] == "failure"}
        # A stopping grpcio server answers some calls with CANCELLED. A proxy may end an answer without grpc-status (UNKNOWN) or reset it
        # with INTERNAL_ERROR (INTERNAL).
        expect(failures <= {"UNAVAILABLE", "CANCELLED", "UNKNOWN"} | ({"INTERNAL"} if proxy else set()), f"{failure}; {failures}")


def wait_for_type(process, wanted):
    for line in process.stdout:
        result = json.loads(line)
        if result["type"] == wanted:
            return result
    raise Failed(f"mote-device ended before an object of type {wanted}")


def server_version(peer):
    with_version = Gateway(command=list(map(str, peer.command))).start()
    try:
        found = []
        wait_until(lambda: found.extend(re.findall(r"^version (\S+)", with_version.stderr, re.MULTILINE)) or found, "a version", 5)
        return found[0]
    finally:
        with_version.kill()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", required=True)
    parser.add_argument("--server", required=True, choices=peers.SERVERS)
    parser.add_argument("--through", choices=peers.PROXIES, help="a proxy between the device and the server")
    report.add_options(parser)
    arguments = parser.parse_args()

    peer = peers.SERVERS[arguments.server]
    proxy = peers.PROXIES.get(arguments.through)
    cannot = peer.cannot | (proxy.cannot if proxy else {})
    behaviours = [
        (name, cannot.get(name), lambda function=function: check(function, peer, proxy, arguments.device))
        for name, _, function in BEHAVIOURS
    ]
    behaviours.append(("restart", cannot.get("restart"), lambda: restart(peer, proxy, arguments.device)))
    report.run(
        behaviours,
        arguments,
        client="mote-device",
        through=proxy.name if proxy else None,
        server=peer.name,
        versions={peer.name: server_version(peer)} | ({proxy.name: proxy.version()} if proxy else {}),
        descriptions={name: description for name, description, _ in BEHAVIOURS} | {"restart": RESTART},
    )


if __name__ == "__main__":
    main()

"""Runs mote-device like a user or a script, against four servers; three of them are other implementations.

MOTE_TEST_DEVICE is the program; CPP_SERVER and NODE are the programs of two of the servers.
"""

import collections
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import shlex
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest
import xml.etree.ElementTree
from pathlib import Path

import gateway
import suite
from gateway import Gateway
from ports import unused_port
from raw_http2 import SETTINGS, frame
from scripted_server import ScriptedServer, answer, cancel, go_away, refuse, serving

# A program, or an emulator and its arguments.
DEVICE = shlex.split(os.environ["MOTE_TEST_DEVICE"])
MAX_MESSAGE = ("--max-message-bytes", 4 << 20)
MODES = ("reply", "reply-stream", "collect", "chat")
CLOCKS_APART_US = 5000
SVG = "{http://www.w3.org/2000/svg}"


def servers():
    """The commands that start the Echo servers, by name."""
    here = Path(__file__).parent
    return {
        "gateway": list(gateway.under_test()),
        "grpcio": list(gateway.REFERENCE),
        "grpc-js": [os.environ["NODE"], str(here / "js_server.js")],
        "gRPC C++": [os.environ["CPP_SERVER"]],
    }


def device(*arguments, code=0, environment=None):
    """Runs it to its end and returns its output. The exit code must be `code`; if it is 0, stderr must be empty."""
    result = subprocess.run(
        [*DEVICE, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=suite.PATIENCE,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
        check=False,
    )
    assert result.returncode == code, f"exit {result.returncode} of {arguments}:\n{result.stdout}{result.stderr}"
    assert code or not result.stderr, result.stderr
    return result


def objects(*arguments, code=0):
    """The output of --json: the objects before the summary, and the summary."""
    lines = device(*arguments, "--json", code=code).stdout.splitlines()
    parsed = [json.loads(line) for line in lines]
    assert parsed[-1]["type"] == "summary", parsed
    assert all(each["type"] != "summary" for each in parsed[:-1]), parsed
    return parsed[:-1], parsed[-1]


def wait_until_it_runs(process):
    """Waits until the process handles SIGINT, which it does just before the first call."""

    def catches():
        caught = re.search(r"^SigCgt:\s+(\w+)", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
        return int(caught.group(1), 16) & (1 << (signal.SIGINT - 1))

    suite.wait_until(catches, "the device runs")


class AnyServer:
    """The tests for every server; each class below has one server."""

    @classmethod
    def setUpClass(cls):
        cls.server = Gateway(*MAX_MESSAGE, command=servers()[cls.name]).start()
        cls.target = cls.server.target

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_reply(self):
        answers, summary = objects("--target", self.target, "--count", 20, "--interval", 1, "--message", "Grüße")
        self.assertEqual([each["number"] for each in answers], list(range(1, 21)))
        for each in answers:
            self.assertEqual((each["type"], each["text"]), ("answer", "You said: Grüße"))
            self.assertGreater(each["time_us"], 0)
        times = sorted(each["time_us"] for each in answers)
        self.assertEqual(summary["sent"], 20)
        self.assertEqual((summary["answered"], summary["failed"], summary["loss_percent"]), (20, 0, 0))
        self.assertEqual((summary["time_us"]["min"], summary["time_us"]["max"]), (times[0], times[-1]))
        self.assertEqual(summary["peer"], self.target)

    def test_reply_stream(self):
        answers, summary = objects("--target", self.target, "--mode", "reply-stream", "--count", 4, "--interval", 30)
        self.assertEqual([each.get("first", False) for each in answers], [True, False, False, False])
        self.assertGreaterEqual(summary["elapsed_us"], 90_000)
        self.assertEqual((summary["sent"], summary["answered"]), (4, 4))
        self.assertEqual(summary["first_us"]["min"], answers[0]["time_us"])

    def test_collect(self):
        results, summary = objects(
            "--target", self.target, "--mode", "collect", "--count", 50, "--interval", 1, "--size", 1000
        )
        self.assertEqual(len(results), 1)
        self.assertEqual((results[0]["sent"], results[0]["messages"], results[0]["bytes"]), (50, 50, 50_000))
        self.assertTrue(0 < results[0]["duration_us"] < summary["elapsed_us"], results)
        self.assertEqual((summary["sent"], summary["answered"]), (50, 50))

    def test_chat(self):
        answers, summary = objects("--target", self.target, "--mode", "chat", "--count", 20, "--interval", 0)
        self.assertEqual([each["text"] for each in answers], ["You said: hello"] * 20)
        self.assertEqual((summary["sent"], summary["answered"]), (20, 20))

    def test_timing(self):
        for mode in ("reply", "chat"):
            answers, summary = objects("--target", self.target, "--mode", mode, "--count", 5, "--interval", 0, "--timing")
            for each in answers:
                timing = each["timing"]
                gateway_us = timing["gateway_sent_us"] - timing["gateway_received_us"]
                self.assertGreaterEqual(min(timing["there_us"], timing["back_us"], gateway_us), 0)
                self.assertLessEqual(abs(timing["there_us"] + timing["back_us"] + gateway_us - each["time_us"]), 2)
            # Both sides have the same clock, except Node.js, which adds a monotonic clock to the time of its start.
            self.assertLessEqual(abs(summary["clock_offset_us"]), summary["clock_uncertainty_us"] + CLOCKS_APART_US)
        answers, _ = objects("--target", self.target, "--mode", "reply-stream", "--count", 3, "--interval", 5, "--timing")
        self.assertIn("there_us", answers[0]["timing"])
        self.assertNotIn("there_us", answers[1]["timing"])

    def test_metadata(self):
        for mode in ("reply", "chat"):
            results, _ = objects(
                *("--target", self.target, "--mode", mode, "--count", 1),
                *("--metadata", "x-echo-a=some text", "--metadata", "x-echo-b-bin=AAEC", "--metadata", "x-other=stays"),
            )
            fields = [field for each in results for field in each.get("metadata", [])]
            back = {(field["name"], field["value"].rstrip("=")) for field in fields if field["name"].startswith("x-")}
            self.assertEqual(back, {("x-echo-a", "some text"), ("x-echo-b-bin", "AAEC")})

    def test_large_messages(self):
        for mode in ("reply", "chat"):
            answers, _ = objects("--target", self.target, "--mode", mode, "--count", 3, "--interval", 0, "--size", "1MiB")
            self.assertEqual([each["bytes"] for each in answers], [(1 << 20) + len("You said: ")] * 3)

    def test_deadline(self):
        results, summary = objects(
            *("--target", self.target, "--mode", "reply-stream", "--count", 2, "--interval", 5000, "--deadline", 1000),
            code=1,
        )
        self.assertEqual([each["type"] for each in results], ["answer", "failure"])
        self.assertEqual(summary["failed_with"], {"DEADLINE_EXCEEDED": 1})
        self.assertLess(summary["elapsed_us"], 5_000_000)

    def test_a_message_that_is_too_large(self):
        for mode in MODES:
            results, summary = objects(
                "--target", self.target, "--mode", mode, "--count", 1, "--size", 5 << 20, code=1
            )
            self.assertEqual(summary["failed"], 1, results)
            self.assertEqual(set(summary["failed_with"]), {"RESOURCE_EXHAUSTED"}, results)
        # The server still works.
        device("--target", self.target, "--count", 1)


class WithGateway(AnyServer, unittest.TestCase):
    name = "gateway"


class WithGrpcio(AnyServer, unittest.TestCase):
    name = "grpcio"


class StatusMessages(unittest.TestCase):
    """grpcio does not encode spaces at the ends of grpc-message, which RFC 9113 8.2.1 forbids there."""

    def test_whitespace_at_the_ends(self):
        for text in ("failed: ", " failed", "  ", "\tfailed\n", "100 % f\u00fcr "):
            with self.subTest(text=text), Gateway("--fail-with", text, command=servers()["grpcio"]) as server:
                results, summary = objects("--target", server.target, "--count", 3, "--interval", 0, code=1)
                self.assertEqual([each["detail"] for each in results], [text] * 3)
                self.assertEqual(summary["failed_with"], {"FAILED_PRECONDITION": 3})


class WithGrpcJs(AnyServer, unittest.TestCase):
    name = "grpc-js"


class WithGrpcCpp(AnyServer, unittest.TestCase):
    name = "gRPC C++"


class Health(unittest.TestCase):
    def test_health(self):
        for name in ("gateway", "grpcio"):
            with self.subTest(server=name), Gateway(command=servers()[name]) as server:
                health = ["--target", server.target, "--mode", "health", "--count", 1]
                self.assertEqual(device(*health, "--text").stdout, "SERVING\n")
                self.assertEqual(device(*health, "--text", "--message", "echo.Echo").stdout, "SERVING\n")
                _, summary = objects(*health, "--message", "nobody.Home", code=1)
                self.assertEqual(summary["failed_with"], {"NOT_FOUND": 1})

    def test_a_server_that_is_stopping(self):
        with Gateway("--drain-seconds", 5) as server:
            process = subprocess.Popen(
                [*DEVICE, "--target", server.target, "--mode", "health", "--count", "0", "--interval", "50", "--json"],
                stdout=subprocess.PIPE,
                text=True,
            )
            self.assertEqual(json.loads(process.stdout.readline())["text"], "SERVING")
            server.terminate()
            for line in process.stdout:
                if json.loads(line)["type"] == "failure":
                    break
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=suite.PATIENCE)
            self.assertEqual(process.returncode, 1)


class Restart(unittest.TestCase):
    """The server is killed and restarted during a run: lost calls are counted, and the run continues."""

    def run_through_restart(self, command, mode):
        address = f"127.0.0.1:{unused_port()}"
        with tempfile.NamedTemporaryFile("r") as out, open(out.name, "w", encoding="utf-8") as into:

            def types():
                out.seek(0)
                return [json.loads(line)["type"] for line in out if line.endswith("\n")]

            running = Gateway(listen=(address,), command=command).start()
            process = subprocess.Popen(
                [*DEVICE, "--target", address, "--mode", mode, "--count", "0", "--interval", "50", "--json"],
                stdout=into,
                stdin=subprocess.DEVNULL,
            )
            wait_until_it_runs(process)
            if mode == "collect":
                suite.wait_until(lambda: running.counters()["calls"] == 1, "a call")
            else:
                suite.wait_until(lambda: "answer" in types(), "an answer")
            running.kill()
            suite.wait_until(lambda: "failure" in types(), "a failure")
            with Gateway(listen=(address,), command=command) as again:
                if mode == "collect":
                    suite.wait_until(lambda: again.counters()["calls"] == 1, "a call after the failures")
                else:
                    suite.wait_until(lambda: types()[-1] == "answer", "an answer after the failures")
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(suite.PATIENCE), 1)
            out.seek(0)
            return [json.loads(line) for line in out]

    def test_every_mode(self):
        for name, modes in (("gateway", MODES), ("grpcio", ["reply"])):
            for mode in modes:
                with self.subTest(server=name, mode=mode):
                    results = self.run_through_restart(servers()[name], mode)
                    summary = results[-1]
                    self.assertGreaterEqual(summary["failed"], 1, results)
                    self.assertGreaterEqual(summary["answered"], 1 if mode == "collect" else 2, results)
                    self.assertIn(results[-2]["type"], ("answer", "collected"), results)
                    self.assertEqual(set(summary["failed_with"]), {"UNAVAILABLE"}, results)


class NotProcessed(unittest.TestCase):
    """The server reports that it did not process a call: mote-device repeats it once."""

    def calls(self, *script, count=1, mode="reply", code=0):
        with ScriptedServer(*script) as server:
            results, summary = objects(
                *("--target", server.target, "--mode", mode, "--count", count, "--interval", 0, "--message", ""),
                code=code,
            )
        return results, summary, server.requests

    def test_refused_once(self):
        for mode in ("reply", "health"):
            results, summary, requests = self.calls(refuse, answer if mode == "reply" else serving, answer, mode=mode)
            self.assertEqual([each["type"] for each in results], ["answer"])
            self.assertEqual((summary["answered"], summary["retried"]), (1, 1))
            self.assertEqual(requests, [(1, 1), (1, 3)])

    def test_goaway_with_a_lower_last_stream_in_the_middle_of_a_call(self):
        results, summary, requests = self.calls(answer, go_away, answer, count=3)
        self.assertEqual([each["type"] for each in results], ["answer"] * 3)
        self.assertEqual((summary["failed"], summary["retried"]), (0, 1))
        self.assertEqual(requests, [(1, 1), (1, 3), (2, 1), (2, 3)])

    def test_refused_always(self):
        results, summary, requests = self.calls(refuse, count=2, code=1)
        self.assertEqual([each["detail"] for each in results], ["reset by the server"] * 2)
        self.assertEqual((summary["failed_with"], summary["retried"]), ({"UNAVAILABLE": 2}, 2))
        self.assertEqual(len(requests), 4)

    def test_other_resets(self):
        _, summary, requests = self.calls(cancel, code=1)
        self.assertEqual((summary["failed_with"], summary["retried"]), ({"CANCELLED": 1}, 0))
        self.assertEqual(len(requests), 1)

    def test_lines(self):
        with ScriptedServer(refuse, answer) as server:
            lines = device("--target", server.target, "--count", 1, "--message", "").stdout.splitlines()
        self.assertIn("1 call was repeated, because the server had not processed it", lines)


class Deadline(unittest.TestCase):
    """--deadline includes the attempt to connect and the call. Without it, an attempt may take 5 s."""

    def check_deadline(self, target, detail):
        for mode in (*MODES, "health"):
            with self.subTest(mode=mode):
                results, summary = objects(
                    *("--target", target, "--mode", mode, "--count", 1, "--deadline", 200), code=1
                )
                self.assertEqual((results[0]["status"], results[0]["detail"]), ("DEADLINE_EXCEEDED", detail))
                self.assertLess(summary["elapsed_us"], 4_000_000)

    def test_a_server_that_is_silent(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.check_deadline(f"127.0.0.1:{silent.getsockname()[1]}", "no HTTP/2 server at this address")

    def test_a_server_that_accepts_no_connection(self):
        """The queue of the listener is full: the kernel discards new connections."""
        with contextlib.ExitStack() as stack:
            full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
            for _ in range(4):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            self.check_deadline(f"127.0.0.1:{full.getsockname()[1]}", "Connection timed out")

    def test_the_time_to_connect_reduces_the_deadline_of_the_call(self):
        """A server that sends only its SETTINGS, after half of the deadline."""
        with socket.create_server(("127.0.0.1", 0)) as late:

            def serve():
                connection, _ = late.accept()
                with connection:
                    time.sleep(0.5)
                    connection.sendall(frame(SETTINGS))
                    while data := connection.recv(65536):
                        received.append(data)

            received = []
            thread = threading.Thread(target=serve)
            thread.start()
            results, _ = objects("--target", f"127.0.0.1:{late.getsockname()[1]}", "--count", 1, "--deadline", 1000, code=1)
            thread.join()
        self.assertEqual((results[0]["status"], results[0]["detail"]), ("DEADLINE_EXCEEDED", "deadline exceeded"))
        timeout = int(re.search(rb"grpc-timeout.(\d+)m", b"".join(received)).group(1))
        self.assertLessEqual(timeout, 500)


class Addresses(unittest.TestCase):
    def test_names_families_and_sockets(self):
        with tempfile.TemporaryDirectory() as folder:
            listen = ["127.0.0.1:0", f"unix:{folder}/mote.sock"]
            if socket.has_ipv6:
                listen.append("[::1]:0")
            with Gateway(listen=listen) as server:
                port = server.targets[0].rpartition(":")[2]
                for target in (*server.targets, f"localhost:{port}", f"dns:///127.0.0.1:{port}"):
                    with self.subTest(target=target):
                        _, summary = objects("--target", target, "--count", 2, "--interval", 0)
                        self.assertEqual(summary["answered"], 2)
                        expected = target if target in server.targets else server.targets[0]
                        self.assertEqual(summary["peer"], "unix" if target.startswith("unix:") else expected)

    def test_no_server(self):
        results, summary = objects("--target", f"127.0.0.1:{unused_port()}", "--count", 2, "--interval", 0, code=1)
        self.assertEqual([each["detail"] for each in results], ["Connection refused"] * 2)
        self.assertEqual(summary["failed_with"], {"UNAVAILABLE": 2})

    def test_no_such_host(self):
        results, _ = objects("--target", "no-such-host.invalid:1", "--count", 1, code=1)
        self.assertEqual(results[0]["status"], "UNAVAILABLE")
        self.assertTrue(results[0]["detail"])

    def test_a_server_that_is_silent(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            target = f"127.0.0.1:{silent.getsockname()[1]}"
            results, summary = objects("--target", target, "--count", 1, code=1)
            self.assertEqual((results[0]["status"], results[0]["detail"]), ("UNAVAILABLE", "no HTTP/2 server at this address"))
            self.assertLess(summary["elapsed_us"], 10_000_000)


class CommandLine(unittest.TestCase):
    def test_one_clear_line(self):
        for arguments, said in (
            (["--cuont", "3"], "unknown flag --cuont, the nearest is --count"),
            (["localhost:50051"], '"localhost:50051" is not a flag: write --target HOST:PORT or --message TEXT'),
            (["--count", "x"], "--count: not a number: write digits only"),
            (["--target", "::1"], "--target: write an IPv6 address in brackets: [::1]:50051"),
            (["--mode", "x"], "--mode: write reply, reply-stream, collect, chat or health"),
            (["--metadata", "A=b"], "--metadata: a name may contain only a to z, 0 to 9, '_', '-' and '.'"),
            (["--plot", "/no/where.svg"], "--plot: /no/where.svg: No such file or directory"),
        ):
            result = device(*arguments, code=2)
            self.assertEqual((result.stdout, result.stderr), ("", f"mote-device: {said}\n"))

    def test_help_and_version(self):
        self.assertIn("--target HOST:PORT", device("--help").stdout)
        self.assertRegex(device("--version").stdout, r"^mote-device \d+\.\d+\.\d+\S*\n$")


class Output(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Gateway().start()
        cls.target = cls.server.target

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_lines(self):
        lines = device("--target", self.target, "--count", 6, "--interval", 0).stdout.splitlines()
        self.assertEqual(lines[0], f"echo.Echo/Reply at {self.target}: 6 calls of 5 bytes, 0 ms apart")
        for number, line in enumerate(lines[1:7], 1):
            self.assertRegex(line, rf"^15 bytes from {self.target}: call={number} time=\d+\.\d{{3}} ms$")
        self.assertEqual(lines[7:9], ["", f"--- echo.Echo/Reply at {self.target} ---"])
        self.assertRegex(lines[9], r"^6 calls, 6 answered, 0 failed \(0\.0 % loss\), \d+\.\d{3} s$")
        self.assertRegex(lines[10], r"^ms +min +median +p99 +max$")
        self.assertRegex(lines[11], r"^time( +\d+\.\d{3}){4}$")
        bars = [line for line in lines[13:] if re.match(r"^ *([\d.]+ to|from) +[\d.]+ ms  \S* ?\d+$", line)]
        self.assertEqual(len(bars), len(lines[13:]))
        self.assertEqual(sum(int(line.split()[-1]) for line in bars), 6)
        self.assertIn("█", "".join(bars))

    def test_without_unicode(self):
        bars = device("--target", self.target, "--count", 6, "--interval", 0, environment={"LC_ALL": "C"}).stdout
        self.assertIn("#", bars)
        self.assertTrue(bars.isascii())

    def test_text_prints_only_the_reply(self):
        result = device("--target", self.target, "--count", 1, "--text", "--message", "Grüße aus 日本")
        self.assertEqual(result.stdout, "You said: Grüße aus 日本\n")
        result = device("--target", f"127.0.0.1:{unused_port()}", "--count", 1, "--text", code=1)
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr, r"^mote-device: \S+: UNAVAILABLE: Connection refused\n$")

    def test_pace(self):
        begun = time.monotonic()
        objects("--target", self.target, "--count", 4, "--interval", 100)
        self.assertGreaterEqual(time.monotonic() - begun, 0.3)

    def test_plot(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "run.svg")
            answers, _ = objects("--target", self.target, "--count", 50, "--interval", 2, "--plot", path)
            self.assertEqual(len(answers), 50)
            root = xml.etree.ElementTree.parse(path).getroot()
            self.assertEqual(root.tag, f"{SVG}svg")
            # One dot for each call, except that three or more calls in one slot, as on a busy machine, share a dot.
            stretch_us = 250
            while answers[-1]["at_us"] // stretch_us >= 1024:
                stretch_us *= 2
            stretches = collections.Counter(each["at_us"] // stretch_us for each in answers)
            dots = sum(count if count <= 2 else 1 for count in stretches.values())
            self.assertEqual(len(root.findall(f"{SVG}circle")), dots)
            texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
            self.assertIn(f"echo.Echo/Reply at {self.target}", texts)
            self.assertIn("median", texts)
            for circle in root.findall(f"{SVG}circle"):
                self.assertTrue(70 <= float(circle.get("cx")) <= 690 and 84 <= float(circle.get("cy")) <= 356)
            style = root.find(f"{SVG}style").text
            self.assertIn("prefers-color-scheme: dark", style)

    def test_plot_of_a_run_without_answers(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "run.svg")
            target = f"127.0.0.1:{unused_port()}"
            device("--target", target, "--count", 2, "--interval", 0, "--quiet", "--plot", path, code=1)
            root = xml.etree.ElementTree.parse(path).getroot()
            self.assertEqual(len(root.findall(f"{SVG}path")), 2)


class Signals(unittest.TestCase):
    """Ctrl-C prints the summary, whatever the run is doing."""

    def interrupt(self, wait, *arguments):
        """Sends SIGINT when `wait(printed)` returns; `printed()` is the number of lines so far."""
        with tempfile.TemporaryFile("w+") as out:
            process = subprocess.Popen([*DEVICE, *map(str, arguments), "--json"], stdout=out, stdin=subprocess.DEVNULL)
            wait_until_it_runs(process)

            def printed():
                return os.pread(out.fileno(), 1 << 16, 0).count(b"\n")

            wait(printed)
            process.send_signal(signal.SIGINT)
            process.wait(suite.PATIENCE)
            out.seek(0)
            return process.returncode, [json.loads(line) for line in out]

    def test_every_mode(self):
        with Gateway() as server:
            for mode in MODES:

                def wait(printed, mode=mode):
                    if mode == "collect":
                        suite.wait_until(lambda: server.counters()["calls"] == 1, "a call")
                    else:
                        suite.wait_until(printed, "an answer")

                with self.subTest(mode=mode):
                    code, results = self.interrupt(
                        wait, "--target", server.target, "--mode", mode, "--count", 0, "--interval", 50
                    )
                    self.assertEqual(code, 0, results)
                    summary = results[-1]
                    self.assertEqual(summary["type"], "summary")
                    self.assertEqual(summary["failed"], 0)
                    self.assertGreaterEqual(summary["answered"], 1)

    def test_while_it_connects(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:

            def wait(_):
                accepted, _ = silent.accept()
                self.addCleanup(accepted.close)

            code, results = self.interrupt(wait, "--target", f"127.0.0.1:{silent.getsockname()[1]}")
        self.assertEqual(code, 1)
        self.assertEqual([each["type"] for each in results], ["summary"])


class Terminal(unittest.TestCase):
    """The output on a terminal of 60 columns."""

    def run_in_terminal(self, *arguments, term="xterm"):
        child, terminal = pty.fork()
        if child == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
            os.environ.update({"TERM": term, "LC_ALL": "C.UTF-8"})
            os.execv(DEVICE[0], [*DEVICE, *map(str, arguments)])
        shown = b""
        deadline = time.monotonic() + suite.PATIENCE
        while select.select([terminal], [], [], max(deadline - time.monotonic(), 0))[0]:
            try:
                part = os.read(terminal, 4096)
            except OSError:  # The other end is closed.
                break
            if not part:
                break
            shown += part
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        return shown.decode()

    def test_progress_comes_and_goes(self):
        with Gateway() as server:
            shown = self.run_in_terminal("--target", server.target, "--count", 8, "--interval", 60)
        self.assertRegex(shown, r"\d of 8, 0 failed, median \d+\.\d{3} ms\r\x1b\[K")
        # The output without the removed progress lines.
        lines = [re.sub(r".*\r\x1b\[K", "", line) for line in shown.split("\r\n")]
        self.assertEqual(len([line for line in lines if line.startswith("15 bytes from")]), 8)
        self.assertFalse([line for line in lines if "of 8, 0" in line])
        self.assertTrue(all(len(line) <= 60 for line in lines[12:]), lines)

    def test_a_dumb_terminal_gets_no_progress(self):
        with Gateway() as server:
            shown = self.run_in_terminal("--target", server.target, "--count", 3, "--interval", 10, term="dumb")
        self.assertNotIn("\x1b", shown)
        self.assertNotIn("of 3, 0", shown)


if __name__ == "__main__":
    suite.main()

"""Runs one attack against a gateway, with bystanders, and measures what it did."""

import contextlib
import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import kernel
from attack import BYSTANDERS as KINDS
from gateway import Gateway
from scene import Scene

PROGRAM = Path(__file__).with_name("bystanders.py")
UNITS = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
SAMPLE_SECONDS = 0.05
LINGER_SECONDS = 10
MOST_REPETITIONS = 10
OPEN = ("connections", "calls", "free_blocks")


class Outcome:
    """The result of one attack. Sizes are in bytes, times in seconds."""

    def __init__(self, attack):
        self.attack = attack
        self.calls = []  # of the bystanders: [kind, start, seconds, fault]
        self.attacked_at = self.over_at = 0.0
        self.grown_bytes = self.kernel_bytes = self.kernel_sockets = 0
        self.budget_bytes = 0  # the worst case as the gateway prints it
        self.kernel_budget_bytes = 0  # the part of it that is for the kernel's socket buffers
        self.counters = {}
        self.before = {}  # What is open: connections, calls, free blocks.
        self.left = {}
        self.log = ""
        self.sent = self.received = self.connections = 0
        self.crash = ""

    def of(self, kind, calm):
        return [call for call in self.calls if call[0] == kind and (call[1] < self.attacked_at) == calm]

    def failed(self, kind):
        return [call[3] for call in self.calls if call[0] == kind and call[3]]

    def failures(self):
        """The faults of calls, by kind of bystander."""
        return {kind: self.failed(kind) for kind in self.attack.spared if self.failed(kind)}

    def p99(self, kind, calm):
        times = sorted(call[2] for call in self.of(kind, calm))
        return times[len(times) * 99 // 100] if times else 0.0

    def slowdown(self, kind):
        calm = self.p99(kind, True)
        return self.p99(kind, False) / calm if calm else 0.0

    def recovery_seconds(self):
        """From the end of the attack to the end of the last call that failed or took longer than any before the attack."""
        last = self.over_at
        for kind in KINDS:
            calm = self.of(kind, True)
            if not calm:
                continue
            most = max(10 * statistics.median(call[2] for call in calm), *(call[2] for call in calm))
            slow = [begun + took for _, begun, took, fault in self.of(kind, False) if fault or took > most]
            last = max([last, *slow])
        return last - self.over_at

    def process_budget_bytes(self):
        """The worst case without what the kernel keeps for the sockets."""
        return self.budget_bytes - self.kernel_budget_bytes

    def counted(self):
        return {name: self.counters[name] for name in self.attack.counters if self.counters.get(name)}

    def shows(self, counters):
        """Whether one of the attack's counters has increased."""
        return not self.attack.counters or any(counters.get(name) for name in self.attack.counters)

    def longest_turn_ms(self, field):
        """Of the longest turn of the loop since the attack began; None if the engine does not report it.

        The first report is from before the attack.
        """
        turns = re.findall(rf"\b{field}=(\d+)", self.log)
        return max(map(int, turns[1:])) / 1000 if len(turns) > 1 else None

    def most_work(self):
        """The most that one connection did in one turn of the loop: frames, fields, field_bytes, read_bytes."""
        reports = re.findall(r"event=loop .*", self.log)
        return {what: int(count) for what, count in re.findall(r"most_(\w+)=(\d+)", reports[-1])} if reports else {}

    def log_line(self):
        """The line of the log that shows the attack, or None."""
        patterns = [rf"event=limit-reached .*\b{counter}=\d.* peer=(127\.0\.[01]\.|unix)" for counter in self.attack.counters]
        found = re.search("|".join([self.attack.log] if self.attack.log else patterns), self.log)
        return found and found.group(0)


def run(attack, command=None, seconds=1.0, calm_seconds=0.5, repetitions=MOST_REPETITIONS):
    """Repeats the attack, longer each time, while none of its counters has increased.

    A busy machine needs more time to reach the limit, on one connection.
    """
    outcome = Outcome(attack)
    with tempfile.TemporaryDirectory() as folder:
        listen = ("127.0.0.1:0", f"unix:{folder}/mote.sock")
        server = Gateway(*attack.options, listen=listen, command=command)
        server.start()
        try:
            outcome.before = _open(server.counters())
            _attack(outcome, server, seconds, calm_seconds, repetitions)
            outcome.left = _left(server, outcome.before)
            outcome.counters = server.counters()
            server.stop()
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            outcome.crash = str(error)
        finally:
            with contextlib.suppress(OSError, ValueError):
                server.kill()
            outcome.log = server.stderr
    return outcome


def _attack(outcome, server, seconds, calm_seconds, repetitions):
    command = [sys.executable, PROGRAM, *server.targets]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as bystanders:
        try:
            assert bystanders.stdout.readline() == "calling\n", "the bystanders cannot call"
            pause(calm_seconds)
            outcome.budget_bytes, outcome.kernel_budget_bytes = budget(server.stderr)
            outcome.attacked_at = time.monotonic()
            with Sampler(server, outcome):
                scene = Scene(server, seconds)
                outcome.attack.run(scene)
                for repetition in range(1, repetitions + 1):
                    if outcome.shows(server.counters()):
                        break
                    scene.extend(repetition * seconds)
                    outcome.attack.run(scene)
                scene.end()
                outcome.over_at = time.monotonic()
                pause(calm_seconds)
            outcome.sent, outcome.received, outcome.connections = scene.sent, scene.received, scene.connections
        finally:
            text, _ = bystanders.communicate()
        outcome.calls = json.loads(text)


def _open(counters):
    return {what: count for what, count in counters.items() if what in OPEN}


def _left(server, before):
    """What is open when all clients have ended. Connections that linger end a moment later."""
    deadline = time.monotonic() + LINGER_SECONDS
    while True:
        left = _open(server.counters())
        if left == before or time.monotonic() > deadline:
            return left
        pause(SAMPLE_SECONDS)


def pause(seconds):
    """Lets the bystanders work for a while."""
    threading.Event().wait(seconds)


def budget(log):
    """The worst case that the gateway has printed, and its part for socket buffers."""
    line = re.search(r"memory: (.*); worst case ([\d.]+) (\w+) of budget", log)
    if not line:
        return 0, 0
    shares = re.findall(r"(socket-[\w-]+|large-sockets) [^,;]*?([\d.]+) ([KMG]?i?B)(?=[,;])", line.group(1) + ";")
    return _bytes(*line.group(2, 3)), sum(_bytes(number, unit) for _, number, unit in shares)


def _bytes(number, unit):
    return float(number) * UNITS[unit]


class Sampler(threading.Thread):
    """Records the highest memory of the process and of the kernel during the attack."""

    def __init__(self, server, outcome):
        super().__init__(daemon=True)
        self._server, self._outcome = server, outcome
        self._over = threading.Event()
        self._port = int(server.target.rpartition(":")[2])
        self._before = server.memory_kib()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()

    def run(self):
        outcome = self._outcome
        while not self._over.wait(SAMPLE_SECONDS):
            with contextlib.suppress(OSError, AttributeError):
                sockets, kept = kernel.socket_memory(self._port)
                outcome.kernel_sockets = max(outcome.kernel_sockets, sockets)
                outcome.kernel_bytes = max(outcome.kernel_bytes, kept)
                outcome.grown_bytes = 1024 * max(outcome.grown_bytes // 1024, self._server.memory_kib("VmHWM") - self._before)

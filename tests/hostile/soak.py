"""Runs everything together for a long time: attacks in random order, bystanders, lawful clients over a bad link, bursts of load.

    soak.py --binary PROGRAM [--seconds 1800]

Fails if a call of the bystanders fails, if a reply of a lawful client is lost, or if something grows: private memory,
descriptors, connections, calls or blocks in use.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e"), str(HERE.parent / "invariants")]

import catalogue
import gateway
import suite
import trial
import verdict
from bad_link import BadLink, NotPossible, enter_namespace
from gateway import Gateway
from measure import h2load, private_bytes
from scene import Scene

# Timeouts that a lawful client over the bad link does not reach, even on a busy machine.
OPTIONS = (
    "--message-timeout-ms", 10_000, "--write-stall-ms", 10_000, "--keepalive-ms", 10_000, "--keepalive-timeout-ms", 10_000,
)  # fmt: skip
BYSTANDER_PAUSE_SECONDS = 0.05
LINK_CONNECTIONS = 4
BURST_CALLS = 20_000
# Allowed growth after each attack has run once: pages that are written for the first time.
MOST_GROWTH_KIB = 64


class Soak:
    def __init__(self, seconds, source):
        self._until = time.monotonic() + seconds
        # In a short run, each attack is short, so that as many as possible run.
        self._attack_seconds = 5.0 if seconds >= 600 else 0.7
        self._source = source
        self._rounds = []  # (attack, start, KiB of private memory after it)
        self._most_kernel_bytes = 0

    def run(self):
        with tempfile.TemporaryDirectory() as folder, BadLink(self._source.randrange(1 << 30)) as link:
            listen = ("127.0.0.1:0", f"unix:{folder}/mote.sock", f"{BadLink.NEAR}:0")
            with Gateway(*OPTIONS, listen=listen) as server:
                before, descriptors = server.counters(), open_descriptors(server)
                link.set(loss=0.03, delay_ms=10, jitter_ms=10)
                bystanders = start("bystanders.py", *server.targets[:2], BYSTANDER_PAUSE_SECONDS)
                far = f"{BadLink.FAR}:{server.targets[2].rpartition(':')[2]}"
                assert bystanders.stdout.readline() == "calling\n", "the bystanders cannot call"
                lawful = start("lawful_calls.py", far, LINK_CONNECTIONS)
                try:
                    self._mix(server)
                finally:
                    link.set()
                    calls = json.loads(finish(bystanders, "the bystanders failed"))
                self._check_calls(calls)
                rounds = finish(lawful, "a reply over the bad link was lost")
                self._check_growth()
                for what in trial.OPEN:
                    suite.wait_until(lambda what=what: server.counters()[what] == before[what], f"{what} is as before")
                suite.wait_until(lambda: open_descriptors(server) == descriptors, "descriptors are as before")
        print(
            f"soak: {len(self._rounds)} attacks, {len(calls)} calls of bystanders, {rounds.strip()} rounds over the bad link; "
            f"private memory {self._rounds[0][2]} KiB after the first attack, {self._rounds[-1][2]} KiB after the last; "
            f"at most {self._most_kernel_bytes >> 10} KiB in the kernel"
        )

    def _mix(self, server):
        while time.monotonic() < self._until:
            for attack in self._source.sample(list(catalogue.ATTACKS.values()), len(catalogue.ATTACKS)):
                if time.monotonic() > self._until:
                    return
                self._attack(server, attack)
            h2load(server.target, BURST_CALLS, "-c4", "-m8")

    def _attack(self, server, attack):
        begun = time.monotonic()
        outcome = trial.Outcome(attack)
        scene = Scene(server, self._attack_seconds)
        with trial.Sampler(server, outcome):
            attack.run(scene)
            scene.end()
        self._most_kernel_bytes = max(self._most_kernel_bytes, outcome.kernel_bytes)
        self._rounds.append((attack.name, begun, private_bytes(server.process.pid) // 1024))
        assert server.process.poll() is None, f"the gateway ended under {attack.name}:\n{server.stderr[-2000:]}"

    def _check_calls(self, calls):
        failed = [(self._attack_at(begun), kind, fault) for kind, begun, took, fault in calls
                  if fault and self._is_spared(kind, begun) and self._is_spared(kind, begun + took)]
        assert not failed, f"{len(failed)} of {len(calls)} calls failed: {failed[:5]}"

    def _is_spared(self, kind, moment):
        attack = catalogue.ATTACKS.get(self._attack_at(moment))
        return attack is None or kind in attack.spared

    def _attack_at(self, moment):
        """The name of the attack at this moment. An attack has an effect until the next one begins."""
        return next((name for name, begun, _ in reversed(self._rounds) if begun <= moment), "")

    def _check_growth(self):
        """Compares the two halves of a long run; in the first half, each attack has run once."""
        memory = [each[2] for each in self._rounds]
        half = len(memory) // 2
        if half >= len(catalogue.ATTACKS):
            grown = max(memory[half:]) - max(memory[:half])
            assert grown <= MOST_GROWTH_KIB, f"private memory has grown by {grown} KiB: {memory}"


def start(program, *arguments):
    command = [sys.executable, HERE / program, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def finish(process, fault):
    """Its output. Fails with `fault` if its exit code is not 0."""
    out, _ = process.communicate(timeout=2 * suite.PATIENCE + 120)
    assert process.returncode == 0, fault
    return out


def open_descriptors(server):
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=str(suite.BUILT))
    parser.add_argument("--seconds", type=int, default=1800)
    arguments = parser.parse_args()
    gateway.test_against(shlex.split(arguments.binary))
    try:
        enter_namespace()
        Soak(arguments.seconds, suite.seeded_random()).run()
    except NotPossible as reason:
        print(f"SKIPPED: {reason}")
        sys.exit(verdict.SKIPPED_CODE)


if __name__ == "__main__":
    main()

"""Tests the process: one thread, a memory budget that it does not exceed, no heap while it serves, and its start time."""

import os
import signal
import subprocess
import time
import unittest
from concurrent import futures

import gateway
import raw_http2 as h2
import suite
from gateway import Gateway
from measure import call, h2load, report

STARTS = 20


class Threads(unittest.TestCase):
    def test_one_thread(self):
        with Gateway() as server:
            self.assertEqual(server.threads(), 1)
            seen = set()
            with futures.ThreadPoolExecutor() as pool:
                load = pool.submit(h2load, server.target, 50_000, "-c8", "-m16")
                while not load.done():
                    seen.add(server.threads())
                    futures.wait([load], timeout=0.005)
                load.result()
            report(f"threads under load: {sorted(seen)}")
            self.assertEqual(seen, {1})


class Budget(unittest.TestCase):
    def test_refused(self):
        result = subprocess.run(
            [*gateway.under_test(), "--memory-budget", "1MiB", "--buffer-bytes", "64MiB"],
            capture_output=True, text=True, timeout=suite.PATIENCE, check=False
        )
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn("memory-budget", result.stderr)
        self.assertIn("the largest share is buffer-bytes", result.stderr)

    def test_a_budget_of_the_worst_case_is_enough(self):
        """One byte less is refused."""
        refusal = subprocess.run(
            [*gateway.under_test(), "--memory-budget", "64KiB"],
            capture_output=True, text=True, timeout=suite.PATIENCE, check=False
        )
        worst_case = int(refusal.stderr.split(" needs ")[1].split()[0])
        with Gateway("--memory-budget", worst_case):
            pass
        refusal = subprocess.run(
            [*gateway.under_test(), "--memory-budget", str(worst_case - 1)],
            capture_output=True, text=True, timeout=suite.PATIENCE, check=False
        )
        self.assertEqual(refusal.returncode, 2)
        report(f"worst case of the default limits: {worst_case} bytes")


class Start(unittest.TestCase):
    def test_time_from_exec_to_the_first_answer(self):
        """Prints a figure without checking it, because the machine may be busy."""
        times = sorted(self.time_to_answer() for _ in range(STARTS))
        report(f"exec to first answered call: at least {times[0]:.1f} ms, median {times[STARTS // 2]:.1f} ms")

    def time_to_answer(self):
        begun = time.monotonic()
        with Gateway() as server, h2.Connection(server.target) as connection:
            call(connection, h2.request_fields())
            return (time.monotonic() - begun) * 1000


class HeapGuard(unittest.TestCase):
    """Tests mote-gateway-noheap, whose path is in NOHEAP_GATEWAY."""

    def test_a_heap_call_while_serving_aborts(self):
        result = subprocess.run(
            [os.environ["NOHEAP_GATEWAY"], "--listen", "127.0.0.1:0"],
            env={**os.environ, "HEAP_GUARD_TRIGGER": "1"},
            capture_output=True, text=True, timeout=suite.PATIENCE, check=False
        )
        self.assertEqual(result.returncode, -signal.SIGABRT, result.stderr)
        self.assertIn("ready on", result.stderr)
        self.assertIn("heap guard: malloc while serving", result.stderr)


if __name__ == "__main__":
    suite.main()

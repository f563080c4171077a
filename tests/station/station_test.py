"""Calls station-gateway with grpcio: a pipe, a timer and a thread of the service have their effects on calls.

    station_test.py COMMAND [--no-sandbox]      COMMAND: the program, with an emulator in front of it if it needs one
"""

import os
import shlex
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import station_pb2 as pb
import station_pb2_grpc
from gateway import Gateway

COMMAND = shlex.split(sys.argv[1])
HAS_SANDBOX = "--no-sandbox" not in sys.argv[2:]
PATIENCE = 30


class StationTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mote-")
        self.addCleanup(folder.cleanup)
        self.pipe = Path(folder.name) / "pipe"
        os.mkfifo(self.pipe)
        self.gateway = Gateway("--pipe", self.pipe, command=COMMAND).start()
        self.addCleanup(self.gateway.stop)
        channel = grpc.insecure_channel(self.gateway.target)
        self.addCleanup(channel.close)
        self.stub = station_pb2_grpc.StationStub(channel)

    def sum_of(self, numbers):
        (reply,) = self.stub.Sum(pb.SumRequest(numbers=numbers), timeout=PATIENCE)
        return reply

    def test_lines_of_the_pipe_arrive(self):
        watch = self.stub.Watch(pb.WatchRequest(), timeout=PATIENCE)
        next(watch)
        for line in ("first", "second"):
            self.pipe.write_text(f"{line}\n")
            self.assertTrue(any(state.line == line for state in watch))
        watch.cancel()

    def test_the_timer_ticks(self):
        watch = self.stub.Watch(pb.WatchRequest(), timeout=PATIENCE)
        ticks = [next(watch).ticks for _ in range(5)]
        self.assertEqual(ticks, sorted(set(ticks)))
        watch.cancel()

    def test_a_thread_hands_over_sums(self):
        self.assertEqual(self.sum_of("1,5 2,25"), pb.SumReply(sum=3.75, text="3,75"))
        with ThreadPoolExecutor(8) as callers:
            replies = callers.map(self.sum_of, (f"{i} 0,5" for i in range(40)))
            self.assertEqual([reply.text for reply in replies], [f"{i},5" for i in range(40)])

    def test_an_exception_becomes_a_status(self):
        for numbers, error in (("1,5 x", "not a number: x"), ("1.5", "not a number: 1.5")):
            with self.assertRaises(grpc.RpcError) as caught:
                self.sum_of(numbers)
            self.assertEqual((caught.exception.code(), caught.exception.details()), (grpc.StatusCode.INVALID_ARGUMENT, error))
        self.assertEqual(self.sum_of("1").text, "1")

    def test_a_stream_of_the_library_writes_the_log(self):
        self.gateway.wait_for_log(f"station: reads {self.pipe}")

    def test_a_shutdown_ends_a_waiting_call(self):
        watch = self.stub.Watch(pb.WatchRequest(), timeout=PATIENCE)
        next(watch)
        self.gateway.terminate()
        # The status follows the states that the timer still causes.
        with self.assertRaises(grpc.RpcError) as caught:
            list(watch)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(self.gateway.wait(), 0)

    @unittest.skipUnless(HAS_SANDBOX, "there is no sandbox")
    def test_every_thread_is_in_the_sandbox(self):
        self.gateway.wait_for_log("sandbox: system calls are filtered")
        self.sum_of("1")
        statuses = [path.read_text() for path in Path(f"/proc/{self.gateway.process.pid}/task").glob("*/status")]
        self.assertEqual(len(statuses), 2)
        for status in statuses:
            self.assertIn("\nSeccomp:\t2\n", status)
            self.assertIn("\nNoNewPrivs:\t1\n", status)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

"""Tests the programs over loopback: grpcio, the device in C and the client in C++ against the gateway.

    calls_test.py PROGRAMS
"""

import os
import signal
import subprocess
import sys
import threading
import unittest
from pathlib import Path

import grpc
import starter_pb2 as pb
import starter_pb2_grpc

PROGRAMS = Path(sys.argv.pop(1))
PATIENCE_SECONDS = 30


class Calls(unittest.TestCase):
    def setUp(self):
        environment = {**os.environ, "STARTER_LISTEN": "127.0.0.1:0", "STARTER_MAX_VALUE": "100"}
        self.gateway = subprocess.Popen([PROGRAMS / "starter-gateway"], stderr=subprocess.PIPE, text=True, env=environment)
        self.target = next(line.split()[-1] for line in self.gateway.stderr if " ready on " in line)
        self.channel = grpc.insecure_channel(self.target)
        self.stub = starter_pb2_grpc.StarterStub(self.channel)

    def tearDown(self):
        self.channel.close()
        self.gateway.send_signal(signal.SIGTERM)
        self.gateway.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual(self.gateway.returncode, 0)

    def report(self, device, value):
        return self.stub.Report(pb.ReportRequest(device=device, value=value), timeout=PATIENCE_SECONDS)

    def program(self, name, *arguments):
        return subprocess.run([PROGRAMS / name, self.target, *arguments], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)

    def test_report(self):
        self.assertEqual([self.report("a", 1).values, self.report("b", 2).values], [1, 2])

    def test_a_refused_value(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.report("a", 101)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.OUT_OF_RANGE)
        self.assertEqual(caught.exception.details(), "too large a value of device a")

    def test_the_device(self):
        done = self.program("starter-device", "pump-1", "21.5")
        self.assertEqual((done.returncode, done.stdout), (0, "values: 1\n"), done.stderr)
        done = self.program("starter-device", "pump-1", "500")
        self.assertEqual((done.returncode, done.stderr), (1, "Report: OUT_OF_RANGE too large a value of device pump-1\n"))

    def test_watch(self):
        replies = self.stub.Watch(pb.WatchRequest(), timeout=PATIENCE_SECONDS)
        watcher = subprocess.Popen([PROGRAMS / "starter-watch", self.target, "2"], stdout=subprocess.PIPE, text=True)
        received = []
        reader = threading.Thread(target=lambda: received.append(next(replies)))
        reader.start()
        # Each watches from some moment on.
        while watcher.poll() is None or reader.is_alive():
            self.report("pump-1", 21.5)
        self.assertEqual(watcher.communicate()[0], "pump-1 21.5\n" * 2)
        self.assertEqual([(reply.device, reply.value, reply.missed) for reply in received], [("pump-1", 21.5, 0)])


if __name__ == "__main__":
    unittest.main()

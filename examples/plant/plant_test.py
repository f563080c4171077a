"""Calls plant-gateway over loopback with grpcio, and runs plant-device against it.

    plant_test.py GATEWAY DEVICE
"""

import queue
import signal
import subprocess
import sys
import threading
import unittest

import grpc
import telemetry_pb2 as pb
import telemetry_pb2_grpc
from google.protobuf.empty_pb2 import Empty

GATEWAY, DEVICE = sys.argv[1:3]
PATIENCE = 20


def start(*flags):
    """A gateway on a free port, and its address."""
    process = subprocess.Popen([GATEWAY, "--listen", "127.0.0.1:0", *flags], stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "ready on " in line:
            threading.Thread(target=process.communicate, daemon=True).start()
            return process, line.split()[-1]
    raise AssertionError(f"{GATEWAY} is not ready: exit code {process.wait()}")


def run(*arguments):
    return subprocess.run([GATEWAY, *arguments], check=False, capture_output=True, text=True, timeout=PATIENCE)


class PlantCase(unittest.TestCase):
    FLAGS = ()

    def setUp(self):
        self.process, self.target = start(*self.FLAGS)
        self.stopped = False
        self.channel = grpc.insecure_channel(self.target)
        self.stub = telemetry_pb2_grpc.TelemetryStub(self.channel)

    def tearDown(self):
        self.channel.close()
        self.stop()
        self.assertEqual(self.process.wait(PATIENCE), 0)

    def stop(self):
        """Sends SIGTERM once, because a second signal ends the process at once."""
        if not self.stopped:
            self.process.send_signal(signal.SIGTERM)
        self.stopped = True

    def configure(self, device, **fields):
        return self.stub.Configure(pb.ConfigureRequest(device=device, **fields), timeout=PATIENCE)

    def report(self, *requests):
        return self.stub.Report(iter(requests), timeout=PATIENCE)

    def assert_refused(self, code, text, call, *arguments, **fields):
        with self.assertRaises(grpc.RpcError) as caught:
            call(*arguments, **fields)
        self.assertEqual((caught.exception.code(), caught.exception.details()), (code, text))


class Calls(PlantCase):
    FLAGS = ("--max-devices", "3")

    def test_configure(self):
        reply = self.configure("a", interval_ms=0, labels={"floor": "2"})
        self.assertEqual((reply.device, reply.interval_ms, list(reply.devices)), ("a", 0, ["a"]))
        self.configure("b")
        reply = self.configure("a")
        self.assertEqual((reply.interval_ms, list(reply.devices)), (0, ["a", "b"]))
        self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, "a device needs a name", self.configure, "")

    def test_the_configured_limit(self):
        for name in "abc":
            self.configure(name)
        self.assert_refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "no room for device d", self.configure, "d")

    def test_report(self):
        self.configure("a")
        readings = [pb.Reading(number=i) for i in range(300)]
        batch = pb.ReportRequest(device="a", readings=readings)
        self.assertEqual(self.report(batch, batch, pb.ReportRequest(device="a")).readings, 600)
        self.assert_refused(grpc.StatusCode.NOT_FOUND, "no device x", self.report, pb.ReportRequest(device="x"))

    def test_watch_gets_every_reading(self):
        self.configure("a")
        self.configure("b")
        everything = self.stub.Watch(pb.WatchRequest(), timeout=PATIENCE)
        of_b = self.stub.Watch(pb.WatchRequest(device="b"), timeout=PATIENCE)
        sent = [pb.Reading(text="t", note=""), pb.Reading(on=False), pb.Reading(number=1.5, quantity=pb.PRESSURE)]
        sent[0].time.FromMilliseconds(1234)
        # A watch gets no readings before it reaches the gateway: report until both have one.
        received = {"all": queue.SimpleQueue(), "b": queue.SimpleQueue()}
        for name, call in (("all", everything), ("b", of_b)):
            threading.Thread(target=self.take, args=(call, received[name]), daemon=True).start()
        while received["all"].empty() or received["b"].empty():
            self.report(pb.ReportRequest(device="b", readings=[pb.Reading(text="first")]))
        for device in "ab":
            self.report(pb.ReportRequest(device=device, readings=sent))
        for name, expected in (("all", sent + sent), ("b", sent)):
            replies = iter(lambda name=name: received[name].get(timeout=PATIENCE), None)
            after = (reply.reading for reply in replies if reply.reading.text != "first")
            self.assertEqual([next(after) for _ in expected], expected)
        everything.cancel()
        of_b.cancel()

    @staticmethod
    def take(call, into):
        try:
            for reply in call:
                into.put(reply)
        except grpc.RpcError:
            pass

    def test_control(self):
        self.configure("a")
        requests = [pb.ControlRequest(ping=Empty()), pb.ControlRequest(forget="a"), pb.ControlRequest(forget="a"), pb.ControlRequest()]
        replies = list(self.stub.Control(iter(requests), timeout=PATIENCE))
        self.assertEqual([reply.done for reply in replies], [True, True, False, False])
        self.assertEqual([reply.reason for reply in replies], ["", "", "no such device", "no command"])
        self.assertFalse(replies[0].HasField("reason"))

    def test_device(self):
        result = subprocess.run([DEVICE, self.target, "dev-1"], check=False, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.stdout.splitlines(), ["interval 250 ms, devices: dev-1", "reported 4 readings", "command done",
                                                      "command done"])
        self.assertEqual(list(self.configure("a").devices), ["a"])

    def test_a_shutdown_ends_watches(self):
        call = self.stub.Watch(pb.WatchRequest(), timeout=PATIENCE)
        received = queue.SimpleQueue()
        threading.Thread(target=self.take, args=(call, received), daemon=True).start()
        self.configure("a")
        while received.empty():
            self.report(pb.ReportRequest(device="a", readings=[pb.Reading(on=True)]))
        self.stop()
        self.assertEqual(call.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(call.details(), "the server shuts down")


class Simulated(PlantCase):
    FLAGS = ("--simulate-ms=1",)

    def test_a_timer_of_the_service_makes_readings(self):
        call = self.stub.Watch(pb.WatchRequest(device="simulated"), timeout=PATIENCE)
        for _ in range(5):
            self.assertEqual(next(call).reading, pb.Reading(quantity=pb.TEMPERATURE, number=20.5))
        call.cancel()


class Configuration(unittest.TestCase):
    def test_help(self):
        text = run("--help").stdout
        self.assertRegex(text, r"plant\.v1\.Telemetry \(default\):\n  --max-devices COUNT +64\n  --simulate-ms COUNT +0\n")
        self.assertIn("plant.v1.Telemetry: Configure, Report, Watch, Control", text)

    def test_version(self):
        self.assertRegex(run("--version").stdout, r"^plant-gateway \d+\.\d+\.\d+\n$")

    def test_print_config(self):
        text = run("--print-config", "--max-devices=5").stdout
        self.assertIn("\n# How many devices can be registered.\n# Default: 64. Values: count, 1 to 64.\nmax-devices = 5\n", text)
        self.assertIn("\n#simulate-ms = 0\n", text)

    def test_check_config(self):
        good = run("--check-config", "--max-devices=5")
        self.assertEqual((good.returncode, good.stdout), (0, "configuration is valid\n"))
        bad = run("--check-config", "--max-devices=65", "--simulate-ms=fast")
        self.assertEqual(bad.returncode, 2)
        self.assertIn("--max-devices: 65 is out of range: 1 to 64", bad.stderr)
        self.assertIn("--simulate-ms", bad.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

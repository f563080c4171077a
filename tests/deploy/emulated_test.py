"""Tests SD-card images in QEMU: the services, and pushed versions, also broken ones and pushes interrupted by a power cut."""

import contextlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import echo_pb2
import echo_pb2_grpc
import grpc
from emulated_pi import BOOT_PARTITION, Pi
from images import ImageTestCase, main, programs_of
from targets import BROKEN, deploy_command, make_program, run

PROJECT = Path(__file__).resolve().parents[2]
DEPLOY = PROJECT / "deploy"
sys.path[:0] = [str(DEPLOY), str(PROJECT / "toolchains")]
import initramfs
import pinned
from product import Product

CONFORMANCE = Path(__file__).resolve().parents[1] / "conformance"
# The id of the gateway's user in the image.
USER = 800
# Of a board that is no Pi, for the partitions, the network, random numbers and a watchdog.
VIRT_MODULES = "virtio_mmio virtio_blk virtio_net virtio_rng crc32c_generic ext4 vfat nls_cp437 nls_ascii softdog".split()
# An emulated board is slow.
TIMES = ("--health-seconds", "300", "--watch-seconds", "2")


class FakeClock:
    """A time server (RFC 5905) that is ahead: nothing else sets the clock of the Pi to this time."""

    NOW = 2_000_000_000  # May 2033
    EPOCH = 2_208_988_800  # Of NTP, 1900, before that of Unix.

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(1)
        self._open = True
        self.port = self._socket.getsockname()[1]
        self._begun = time.monotonic()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _now(self):
        seconds = self.NOW + time.monotonic() - self._begun
        return struct.pack("!II", int(seconds) + self.EPOCH, int(seconds % 1 * (1 << 32)))

    def _serve(self):
        while self._open:
            try:
                request, client = self._socket.recvfrom(1024)
            except TimeoutError:
                continue
            received = self._now()
            # No warning, version 4, server; stratum 1; the accuracy of a microsecond.
            head = struct.pack("!BBbbII4s", 4 << 3 | 4, 1, 4, -20, 0, 0, b"TEST")
            self._socket.sendto(head + received + request[40:48] + received + self._now(), client)

    def close(self):
        self._open = False
        self._thread.join()
        self._socket.close()


class Emulated(ImageTestCase):
    def boot(self, board, image=None, initrd=None, busy=False):
        folder = Path(tempfile.mkdtemp(prefix=f"{board}-qemu-", dir=self.folder))
        self.pi = Pi(board, image or self.make(board, "--hostname", "gateway-7", "--listen", "*:50051"), folder, initrd)
        self.addCleanup(self.pi.stop)
        self.pi.start()
        with self.pi.on_a_busy_host() if busy else contextlib.nullcontext():
            self.wait_until_up()

    def wait_until_up(self, since=0):
        self.pi.wait_until_ready(since)
        login = [*self.ssh.split(), "root@127.0.0.1", "true"]
        self.pi_waits(lambda: subprocess.run(login, capture_output=True, check=False).returncode == 0, "no ssh")

    def call(self, message, seconds=30):
        with grpc.insecure_channel(f"127.0.0.1:{self.pi.grpc_port}") as channel:
            return echo_pb2_grpc.EchoStub(channel).Reply(echo_pb2.EchoRequest(message=message), timeout=seconds).message

    def check_sandbox(self):
        """The kernel filters the gateway's system calls; a reload and a part of the conformance suite work."""
        pid = self.on_it("cat /run/mote-gateway.pid").strip()
        self.assertRegex(self.on_it(f"cat /proc/{pid}/status"), r"\nNoNewPrivs:\t1\nSeccomp:\t2\n")
        self.on_it(f"kill -HUP {pid}")
        self.pi.wait_for("event=reloaded")
        self.assertEqual(self.on_it("cat /run/mote-gateway.pid").strip(), pid)
        self.assertEqual(self.call("still there"), "You said: still there")
        for script, *arguments in (("run.py", "--area", "status", "metadata"), ("http2/run.py", "--only", "^rfc7541")):
            command = [sys.executable, CONFORMANCE / script, "--at", f"127.0.0.1:{self.pi.grpc_port}", *arguments]
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=900, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.on_it("cat /run/mote-gateway.pid").strip(), pid)

    @property
    def ssh(self):
        return (
            f"ssh -F none -p {self.pi.ssh_port} -i {self.folder}/key -o BatchMode=yes -o IdentitiesOnly=yes -o ConnectTimeout=60 "
            "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        )

    def on_it(self, command):
        return run(*self.ssh.split(), "root@127.0.0.1", command).stdout

    def deploy(self, verb, *arguments, code=0):
        done = subprocess.run(
            [*deploy_command(), verb, *map(str, arguments), "--ssh", self.ssh, "root@127.0.0.1"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if code is not None:
            self.assertEqual(done.returncode, code, f"{done.stdout}{done.stderr}\n{self.pi.console[-3000:]}")
        return done.stdout

    def version(self):
        return self.on_it("cat /opt/mote/current/VERSION").strip()

    def users(self):
        """The user ids of running gateways."""
        return set(map(int, self.on_it("for one in $(pidof mote-gateway); do stat -c %u /proc/$one; done").split()))

    def another(self, name, behaviour=None):
        """The programs as version `name`, optionally with a program of this behaviour instead of the gateway."""
        folder = self.folder / name
        shutil.copytree(programs_of("rpi-3"), folder)
        program = folder / "mote-gateway"
        if behaviour:
            make_program(program, behaviour, "aarch64-linux-gnu-gcc", "-static")
        else:
            program.write_bytes(program.read_bytes() + name.encode())
        return folder

    def test_the_services_of_the_image(self):
        """Clock, console, log, mounts, and a gateway that hangs."""
        password = self.folder / "password"
        password.write_text("open-7\n")
        clock = FakeClock()
        self.addCleanup(clock.close)
        image = self.make("rpi-3", "--listen", "*:50051", "--console-password-file", str(password))
        servers = self.folder / "time-servers"
        servers.write_text(f"server 10.0.2.2 port {clock.port} iburst\n")
        run("mcopy", "-o", "-i", f"{image}@@{BOOT_PARTITION}", str(servers), "::time-servers")
        self.boot("rpi-3", image)

        with self.subTest("the partitions"):
            mounts = self.on_it("cat /proc/mounts")
            for place in ("/data", "/opt", "/etc/init.d", "/var/log", "/boot", "/tmp", "/run"):
                self.assertRegex(mounts, rf"(?m)^\S+ {place} \S+ (ro|rw),nosuid,nodev,")

        with self.subTest("the log of the system"):
            self.on_it("pidof syslogd && logger here-it-is && grep here-it-is /var/log/messages")
            self.on_it("head -c 300000 /dev/zero | tr '\\0' x >>/var/log/messages")
            self.pi_waits(lambda: "messages.1" in self.on_it("ls /var/log"), "it was not rotated")
            self.assertLess(int(self.on_it("wc -c </var/log/messages")), 300000)

        with self.subTest("the clock"):
            self.pi_waits(lambda: int(self.on_it("date +%s")) > FakeClock.NOW, "the clock was not set")

        with self.subTest("the console asks for the password"):
            # Typed ahead, a line is lost while login changes the terminal: each is repeated until it has its effect.
            self.log_in("wrong", "Login incorrect")
            self.log_in("open-7", "^typed-42")

        with self.subTest("a gateway that hangs is restarted"):
            before = self.on_it("cat /run/mote-gateway.pid")
            self.on_it(f"kill -STOP {before}")
            self.pi.wait_for("keep-gateway: the gateway does not answer: killed")
            self.pi_waits(lambda: self.on_it("cat /run/mote-gateway.pid || true").strip() not in ("", before.strip()), "it was not started again")
            self.pi_waits(lambda: "serving" in self.deploy("status", code=None), "it does not serve")

        with self.subTest("the image checks signatures"):
            self.deploy("push", "rpi-3", "--from", self.another("signed"), "--sign-key", self.folder / "key", *TIMES)
            unsigned = self.deploy("push", "rpi-3", "--from", self.another("unsigned"), *TIMES, code=1)
            self.assertIn("the release is not signed by a key that this host accepts", unsigned)
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / "other"))
            foreign = self.deploy("push", "rpi-3", "--from", self.another("foreign"), "--sign-key", self.folder / "other", *TIMES, code=1)
            self.assertIn("the release is not signed by a key that this host accepts", foreign)

        with self.subTest("the log and the time survive a power cut"):
            # It saves the time when it starts, and every ten minutes.
            self.on_it("killall keep-gateway")
            self.pi_waits(lambda: int(self.on_it("date -r /data/chrony/drift +%s")) > FakeClock.NOW, "the time was not saved")
            self.on_it("sync")
            clock.close()
            self.wait_until_up(self.pi.cut_power())
            self.assertIn("keep-gateway: the gateway does not answer: killed", self.on_it("cat /var/log/mote-gateway.log.1"))
            self.pi_waits(lambda: int(self.on_it("date +%s")) > FakeClock.NOW, "the time was lost")

    def log_in(self, password, expected):
        for _ in range(10):
            for line in ("", "root", password, "echo typed-$((40 + 2))"):
                self.pi.type(f"{line}\n")
                time.sleep(5)
            if re.search(f"(?m){expected}", self.pi.console):
                return
        self.fail(f"no {expected} on the console:\n{self.pi.console[-3000:]}")

    def pi_waits(self, condition, what, seconds=300):
        self.assertTrue(self.pi.wait(condition, seconds), f"{what}\n{self.pi.console[-3000:]}")

    def test_rpi_3(self):
        self.boot("rpi-3")
        self.assertEqual(self.call("from the host"), "You said: from the host")

        with self.subTest("the content of the image"):
            self.assertEqual(self.on_it("hostname"), "gateway-7\n")
            self.assertIn("Read-only file system", self.on_it("touch /etc/mine /usr/mine 2>&1; true"))
            self.assertIn("aarch64", self.on_it("uname -m"))
            self.pi.wait_for("console: this image has no password: log in over ssh")

        with self.subTest("the gateway is not root"):
            self.assertEqual(self.users(), {USER})

        with self.subTest("the gateway is in its sandbox"):
            self.check_sandbox()

        first = self.version()
        with self.subTest("a power cut during calls"):
            answered = self.cut_power_in_the_middle_of_traffic()
            self.assertGreater(answered, 20)
            self.assertEqual(self.call("after the power cut"), "You said: after the power cut")
            self.assertEqual(self.version(), first)

        with self.subTest("a pushed version stays after a power cut"):
            output = self.deploy("push", "rpi-3", "--from", self.another("second"), *TIMES)
            second = self.version()
            self.assertNotEqual(second, first)
            self.assertRegex(output, rf"deployed +{first} +{second} ")
            self.assertEqual(self.call("pushed"), "You said: pushed")
            self.wait_until_up(self.pi.cut_power())
            self.assertEqual(self.version(), second)
            self.assertEqual(self.call("after another cut"), "You said: after another cut")
            self.assertEqual(self.users(), {USER})

        for moment, ends, comes_back_with in (
            ("copying", (1,), "old"),
            ("verified", (1,), "old"),
            ("installed", (1, 5), "either"),
            ("switched", (5,), "new"),
            ("healthy", (5,), "new"),
        ):
            with self.subTest(f"power cut during a push, which is repeated: {moment}"):
                old = self.version()
                new = self.another(moment)
                self.assertIn(self.cut_a_push(new, moment), ends)
                found = self.version()
                if comes_back_with != "either":
                    self.assertEqual("old" if found == old else "new", comes_back_with)
                self.on_it("cd /opt/mote/releases && for one in *; do (cd $one && sha256sum -c SHA256SUMS) || exit; done")
                self.assertIn("serving", self.deploy("status"))
                self.assertEqual(self.call("after the cut"), "You said: after the cut")
                self.deploy("push", "rpi-3", "--from", new, *TIMES)
                self.assertNotEqual(self.version(), old)
                self.assertEqual(self.call("pushed again"), "You said: pushed again")
        second = self.version()

        with self.subTest("a broken version is rolled back"):
            output = self.deploy("push", "rpi-3", "--from", self.another("broken", BROKEN), "--health-seconds", 20, "--watch-seconds", 0, code=3)
            self.assertIn(f"was not healthy: {second} is restored", output)
            self.assertEqual(self.version(), second)
            self.assertEqual(self.call("rolled back"), "You said: rolled back")
            self.assertIn("serving", self.deploy("status"))

        with self.subTest("a killed gateway is restarted"):
            before = len(self.pi.console.splitlines())
            self.on_it("kill -9 $(cat /run/mote-gateway.pid)")
            self.pi.wait_for("mote-gateway: ready on", since=before, seconds=120)
            self.assertEqual(self.call("again"), "You said: again")

        with self.subTest("the version of the image replaces a damaged version"):
            self.on_it("echo damage >>/opt/mote/current/gateway.conf; sync")
            self.wait_until_up(self.pi.cut_power())
            self.assertEqual(self.version(), first)
            self.assertEqual(self.call("undamaged"), "You said: undamaged")

    def cut_power_in_the_middle_of_traffic(self):
        """Cuts the power of the Pi during calls. Returns the number of calls answered before."""
        answered = threading.Semaphore(0)
        count = 0

        def calls():
            with grpc.insecure_channel(f"127.0.0.1:{self.pi.grpc_port}") as channel:
                stub = echo_pb2_grpc.EchoStub(channel)
                while True:
                    try:
                        stub.Reply(echo_pb2.EchoRequest(message="traffic"), timeout=20)
                    except grpc.RpcError:
                        return
                    answered.release()

        clients = [threading.Thread(target=calls) for _ in range(4)]
        for client in clients:
            client.start()
        while count < 40 and answered.acquire(timeout=30):
            count += 1
        since = self.pi.cut_power()
        for client in clients:
            client.join()
        self.wait_until_up(since)
        return count

    def cut_a_push(self, folder, moment):
        """Cuts the power at that step of a push, and waits until the Pi is up again. Returns the exit code of deploy."""
        ssh = self.half_of_ssh() if moment == "copying" else self.ssh
        command = [*deploy_command(), "push", "rpi-3", "--from", folder, "--ssh", ssh]
        process = subprocess.Popen(
            [*map(str, command), *TIMES, "root@127.0.0.1"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(process.stdout.close)
        if moment == "copying":
            self.wait_for_half()
        else:
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line == f"root@127.0.0.1: {moment}\n":
                    break
            else:
                self.fail(f"the push ended before it was {moment}:\n{''.join(lines)}")
        self.wait_until_up(self.pi.cut_power())
        return process.wait(timeout=120)

    HALF_BYTES = 150_000

    def half_of_ssh(self):
        """A replacement of ssh that sends half of a release and then waits."""
        path = self.folder / "half-ssh"
        path.write_text(
            f"#!{sys.executable}\nimport subprocess, sys\n"
            f"child = subprocess.Popen([*{self.ssh.split()}, *sys.argv[1:]], stdin=subprocess.PIPE)\n"
            f"text = sys.stdin.buffer.read({self.HALF_BYTES})\nchild.stdin.write(text)\nchild.stdin.flush()\n"
            f"if len(text) < {self.HALF_BYTES}: child.stdin.close()\n"
            "sys.exit(child.wait())\n"
        )
        path.chmod(0o755)
        return str(path)

    def wait_for_half(self):
        half = "cat /opt/mote/.incoming-*/release.tar 2>/dev/null | wc -c"
        self.pi_waits(lambda: int(self.on_it(half)) >= self.HALF_BYTES // 2, "half a release did not arrive")

    def test_the_watchdog(self):
        """On a board that has one, with the driver softdog: QEMU's Pi is reset as soon as its watchdog is started."""
        packages = pinned.fetch_pinned("arm64")
        kernel = next((packages / "lib/modules").iterdir()).name
        initrd = self.folder / "virt-initrd"
        script = Product().render((DEPLOY / "sdcard/initramfs.sh").read_bytes())
        initramfs.write(initrd, packages / "bin/busybox", script, packages, kernel, VIRT_MODULES)
        self.boot("virt", self.make("rpi-3", "--listen", "*:50051"), initrd)
        self.assertEqual(self.call("from the host"), "You said: from the host")
        boot = "cat /proc/sys/kernel/random/boot_id"

        with self.subTest("a hung gateway is restarted, and the board is not"):
            first, before = self.on_it(boot), self.on_it("cat /run/mote-gateway.pid").strip()
            self.on_it(f"kill -STOP {before}")
            self.pi.wait_for("keep-gateway: the gateway does not answer: killed")
            self.pi_waits(lambda: self.on_it("cat /run/mote-gateway.pid || true").strip() not in ("", before), "it was not started again")
            self.pi_waits(lambda: "serving" in self.deploy("status", code=None), "it does not serve")
            self.assertEqual(self.on_it(boot), first)

        for what, hung in (
            ("a hung gateway whose keeper hangs too resets the board", "$(cat /run/mote-gateway.pid) $(pidof keep-gateway)"),
            ("a hung feeder of the watchdog resets the board", "$(pidof watchdog)"),
        ):
            with self.subTest(what):
                before, since = self.on_it(boot), len(self.pi.console.splitlines())
                self.on_it(f"kill -STOP {hung}")
                # The watchdog waits a minute, and before that the feeder two for the keeper, in real time.
                booted = self.pi.restart_when_it_resets()
                self.assertEqual("keep-gateway hangs: the board is restarted" in "\n".join(self.pi.console.splitlines()[since:booted]), "keeper" in what)
                self.wait_until_up(booted)
                self.assertNotEqual(self.on_it(boot), before)
                self.assertEqual(self.call("after the reset"), "You said: after the reset")

    def test_rpi_zero(self):
        self.boot("rpi-zero", busy=True)
        self.assertEqual(self.call("from the host"), "You said: from the host")
        self.assertIn("armv6l", self.on_it("uname -m"))
        self.assertEqual(self.users(), {USER})
        self.check_sandbox()
        self.assertIn("serving", self.deploy("status"))


if __name__ == "__main__":
    main()

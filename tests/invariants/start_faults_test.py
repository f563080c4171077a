"""Makes each system call and each allocation before "ready" fail once, in turn.

The gateway then prints one line and exits with 2, and leaves no Unix socket behind; or, for the calls in HARMLESS, it serves
as usual. strace makes system calls fail. HEAP_FAULT_GATEWAY, the gateway with heap_fault.cpp, makes allocations fail.
"""

import os
import re
import select
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

import gateway
import suite

# The error with which a call fails; EIO for all others.
ERRORS = {
    "bind": "EADDRINUSE",
    "brk": "ENOMEM",
    "epoll_create1": "EMFILE",
    "epoll_ctl": "ENOSPC",
    "mmap": "ENOMEM",
    "openat": "EMFILE",
    "signalfd4": "EMFILE",
    "socket": "EMFILE",
}

# The gateway serves although these calls fail, each with the effect. The patterns match calls as strace writes them.
HARMLESS = (
    (r"ioctl\(2, ", "standard error is treated as a file"),
    (r"fcntl\([012], F_GETFD", "a standard stream is treated as closed, and /dev/null is opened in its place"),
    (r"brk\(", "malloc() maps memory instead"),
    (r"rt_sigaction\(SIGPIPE", "SIGPIPE ends the gateway if the reader of the log ends"),
    (r"(fstat|newfstatat)\(2, ", "standard error is treated as a file"),
    (r'openat\(AT_FDCWD, "/proc/self/(fd/2|status)"', "logging calls poll() first; the report shows 0 threads and 0 KiB"),
    (r'read\(\d+, "Name:', "the report shows 0 threads and 0 KiB"),
    (r"close\(", "a descriptor stays open"),
    (r"madvise\(", "a large page may be resident at once"),
    (r"(newfstatat|lstat)\(.* = -1 ENOENT", "there is no old socket file"),
    (r"write\(2, ", "a line is lost"),
    (r"socket\(AF_UNIX, SOCK_DGRAM", "the service manager gets no messages"),
    (r"connect\(\d+, {sa_family=AF_UNIX", "the service manager gets no messages"),
    (r"send(to|msg)\(", "the service manager misses a message"),
    (r"socket\(AF_INET6", "the machine is treated as one without IPv6"),
    (r'openat\(.*"(/proc/self/cgroup|/sys/fs/cgroup/)', "the memory of the control group counts as not limited"),
    (r'(newfstatat\(\d+, "", |fstat\(\d+, ){st_mode=S_IFREG.*st_size=0', "the memory of the control group counts as not limited"),
    # Its files are opened after the listeners, the configuration before them.
    (r'read\(\d+, "(\d+:|(\d+|max)\\n)|read\(\d\d, "", ', "the memory of the control group counts as not limited"),
    (r"munmap\(", "memory stays mapped"),
    (r"readlink\(", "a reload does not read a configuration behind a link"),
    (r"prctl\(|seccomp\(|landlock_|openat\(.*O_PATH", "the sandbox does less, and its line says so"),
)

# The first call of main().
MAIN = r"fcntl\(0, F_GETFD"
CALL = re.compile(r"^(?:\d+ +)?((\w+)\(.*)$")


class StartFaults(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.unix_socket = self.folder / "mote.sock"
        config = self.folder / "gateway.conf"
        config.write_text(f"listen = unix:{self.unix_socket}\nlisten = 127.0.0.1:0\nlisten = *:0\n")
        self.options = ["--config", str(config)]
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.bind(str(self.folder / "notify"))
        self.environment = {**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify")}

    def run_gateway(self, command, **variables):
        """Runs it until it exits, or until it is ready and then stopped. Returns the exit code and the lines on stderr."""
        while select.select([self.manager], [], [], 0)[0]:
            self.manager.recv(4096)
        process = subprocess.Popen(
            [*command, *self.options], env={**self.environment, **variables}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        errors = b""
        stopping = False
        with process, selectors.DefaultSelector() as selector:
            selector.register(process.stderr, selectors.EVENT_READ)
            selector.register(self.manager, selectors.EVENT_READ)
            over = False
            while not over:
                ready = selector.select(suite.PATIENCE)
                if not ready:
                    process.kill()
                    self.fail(f"neither ready nor over: {errors}")
                message = b""
                for key, _ in ready:
                    if key.fileobj is self.manager:
                        message = self.manager.recv(4096)
                    else:
                        piece = os.read(process.stderr.fileno(), 65536)
                        errors += piece
                        over = not piece
                # One is enough: sending the message or writing the line may be the call that fails.
                if not stopping and (b"READY=1" in message or b": ready on" in errors):
                    stopping = True
                    process.send_signal(signal.SIGTERM)
            code = process.wait(suite.PATIENCE)
        return code, errors.decode().splitlines()

    def check(self, fault, code, lines, harmless):
        self.assertFalse(self.unix_socket.exists(), f"{fault}: the Unix socket is left behind: {lines}")
        if harmless:
            self.assertEqual(code, 0, f"{fault}: {lines}")
            return
        self.assertEqual(code, 2, f"{fault}: {lines}")
        self.assertEqual(len(lines), 1, f"{fault}: {lines}")
        self.assertRegex(lines[0], r"^mote-gateway(-grpc)?: .+", fault)


class SystemCalls(StartFaults):
    def trace(self, strace):
        """The calls of a usual start, and the index of the first call of main().

        The calls end at the sandbox. The gRPC engine has no sandbox: there they end after the addresses are tried, because
        failures of the library's own calls are not tested.
        """
        log = self.folder / "trace"
        code, lines = self.run_gateway([strace, "-D", "-f", "-o", str(log), *gateway.under_test()])
        if code != 0 and any("ptrace" in line for line in lines):
            self.skipTest("SKIPPED: ptrace is not allowed here, so no system call can be made to fail")
        self.assertEqual(code, 0, lines)
        calls = [match for match in map(CALL.match, log.read_text().splitlines()) if match]
        # strace cannot make a call fail after the filter is installed: the kernel ends the process.
        end = next((i + 1 for i, call in enumerate(calls) if "SECCOMP_SET_MODE_FILTER" in call[1]), None)
        if end is None:
            thread = next(i for i, call in enumerate(calls) if call[2] in ("clone", "clone3"))
            end = max(i for i in range(thread) if calls[i][2] == "getsockname") + 1
        main = next(i for i, call in enumerate(calls) if re.match(MAIN, call[1]))
        self.assertLess(main, end)
        return calls[:end], main

    def test_each_fails_once(self):
        strace = shutil.which("strace")
        self.assertIsNotNone(strace, "install strace")
        calls, main = self.trace(strace)
        seen = {}
        tried = 0
        for number, call in enumerate(calls):
            name = call[2]
            seen[name] = seen.get(name, 0) + 1
            if number < main:
                continue
            harmless = any(re.match(pattern, call[1]) for pattern, _ in HARMLESS)
            inject = f"inject={name}:error={ERRORS.get(name, 'EIO')}:when={seen[name]}"
            with self.subTest(call=call[1]):
                command = [strace, "-D", "-f", "-o", "/dev/null", "-e", inject, *gateway.under_test()]
                self.check(call[1], *self.run_gateway(command), harmless)
            tried += 1
        self.assertGreater(tried, 20)


class Allocations(StartFaults):
    def test_each_fails_once(self):
        command = [os.environ["HEAP_FAULT_GATEWAY"]]
        number = 0
        while True:
            number += 1
            code, lines = self.run_gateway(command, HEAP_FAULT_AT=str(number))
            if "heap fault" not in lines:
                break
            lines.remove("heap fault")
            # The C library also allocates before main() and for its streams, but works without this memory.
            ready = any(": ready on" in line for line in lines)
            self.check(f"allocation {number}", code, lines, harmless=ready)
        self.assertEqual(code, 0, lines)
        self.assertGreater(number, 50)


if __name__ == "__main__":
    suite.main()

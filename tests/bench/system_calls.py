"""System calls of a server per unary call, one call at a time on one connection, counted by strace."""

import re
import signal
import subprocess
import tempfile

import load

FEW, MANY = 100, 600


def count(server, process, calls):
    """All system calls of the process while it serves so many calls."""
    with tempfile.NamedTemporaryFile("r") as report:
        command = ["strace", "-f", "-c", "-o", report.name, "-p", str(process.process.pid)]
        tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            while "attached" not in tracer.stderr.readline():
                assert tracer.poll() is None, "strace cannot trace"
            load.run(server, process.target, load.unary(calls, 1, 1))
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait()
            tracer.stderr.close()
        return int(re.search(r"^\s*100\.00\s+\S+\s+\S+\s+(\d+).* total$", report.read(), re.MULTILINE)[1])


def per_call(server):
    """The difference of two runs, to exclude the connection."""
    with load.started(server) as process:
        few, many = (count(server, process, calls) for calls in (FEW, MANY))
    return round((many - few) / (MANY - FEW), 1)


def measure(servers):
    return {server.key: per_call(server) for server in servers}

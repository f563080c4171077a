"""Tests that memory is fixed at start: measures connections and a million calls, and traces the system calls for memory."""

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import gateway
import raw_http2 as h2
import secured
import suite
from gateway import Gateway
from measure import FIELDS, PAGE, allow_descriptors, call, h2load, indexed_block, private_bytes, report
from raw_hpack import integer

CONNECTIONS = 1000
MOST_BYTES_PER_CONNECTION = 1568
TLS_CONNECTIONS = 300
MOST_BYTES_OF_TLS = 2600
# A full header table needs one more page.
MOST_BYTES_PER_FULL_TABLE = MOST_BYTES_PER_CONNECTION + PAGE
TABLE_BYTES = 4096  # RFC 9113 6.5.2
CALLS = 1_000_000
WARM_UP_CALLS = 100_000
# Allowed growth after the warm-up: pages of a stack that was not as deep before.
MOST_PAGES = 2


def has_tls():
    usage = subprocess.run([*gateway.under_test(), "--help"], capture_output=True, text=True, timeout=suite.PATIENCE, check=True)
    return "--tls-certificate" in usage.stdout


class Connections(unittest.TestCase):
    def test_idle_connections_after_one_call_each(self):
        allow_descriptors(CONNECTIONS + 100)
        with Gateway("--max-connections", CONNECTIONS + 200, "--memory-budget", "256MiB", "--idle-timeout-ms", 3_600_000) as server:
            # The first connection touches the memory that all connections share.
            h2load(server.target, 1000, "-c4", "-m8")
            with h2.Connection(server.target) as connection:
                call(connection, FIELDS)
            each = self.bytes_of_each(server, "an idle connection after one call")
        self.assertLessEqual(each, MOST_BYTES_PER_CONNECTION)

    def test_idle_connections_with_tls_and_certificates(self):
        if not has_tls():
            self.skipTest("the gateway is built without TLS")
        secured.turn_on(mutual=True)
        self.addCleanup(secured.turn_off)
        # The handshakes take a while, in which nobody answers a PING.
        with Gateway("--max-connections", TLS_CONNECTIONS + 10, "--idle-timeout-ms", 3_600_000, "--keepalive-ms", 0) as server:
            for _ in range(2):  # The second one takes the places of the first.
                with h2.Connection(server.target) as connection:
                    call(connection, FIELDS)
            each = self.bytes_of_each(server, "an idle connection with TLS after one call", TLS_CONNECTIONS)
        self.assertLessEqual(each, MOST_BYTES_PER_CONNECTION + MOST_BYTES_OF_TLS)

    def bytes_of_each(self, server, what, count=CONNECTIONS):
        pid = server.process.pid
        before = private_bytes(pid)
        connections = []
        for _ in range(count):
            connections.append(h2.Connection(server.target))
            connections[-1].settle()
            call(connections[-1], FIELDS)
        each = (private_bytes(pid) - before) / count
        report(f"{what}: {each:.0f} bytes, of {count} connections")
        for connection in (connections[0], connections[-1]):
            call(connection, FIELDS)  # The connections are still open.
        for connection in connections:
            connection.close()
        self.assertGreater(each, 0, "nothing was measured")
        return each

    def test_full_header_tables_on_all_connections(self):
        """The maximum number of connections, each with a table of 4,096 bytes that is filled before SETTINGS are
        acknowledged."""
        allow_descriptors(CONNECTIONS + 100)
        for table_bytes in (TABLE_BYTES, 0):
            with self.subTest(max_header_table_bytes=table_bytes):
                self.fill_header_tables(table_bytes)

    def fill_header_tables(self, table_bytes):
        limits = ("--max-connections", CONNECTIONS, "--memory-budget", "256MiB", "--max-header-table-bytes", table_bytes)
        with Gateway(*limits, "--idle-timeout-ms", 3_600_000) as server:
            pid = server.process.pid
            with h2.Connection(server.target) as connection:
                call(connection, FIELDS)
            before = private_bytes(pid)
            connections = [h2.Connection(server.target) for _ in range(CONNECTIONS)]
            for connection in connections:
                fill_table(connection)
            full = (private_bytes(pid) - before) / CONNECTIONS
            for connection in connections:
                connection.settle()
                self.assertIsNone(connection.goaway)
                if table_bytes == TABLE_BYTES:
                    call_from_table(connection)
            for connection in connections:
                connection.close()
            with h2.Connection(server.target) as connection:
                call(connection, FIELDS)  # After the others are closed.
            left = private_bytes(pid) - before
        report(f"a connection with a full header table: {full:.0f} bytes; {left:+} bytes when {CONNECTIONS} are closed")
        self.assertGreater(full, TABLE_BYTES)
        self.assertLessEqual(full, MOST_BYTES_PER_FULL_TABLE)
        self.assertLessEqual(left, CONNECTIONS * MOST_BYTES_PER_CONNECTION)


def fill_table(connection):
    """A call whose header block adds FIELDS to the table and fills the rest of its 4,096 bytes."""
    used = sum(len(name) + len(value) + 32 for name, value in FIELDS)
    name = "x-fill"
    call(connection, [*FIELDS, (name, "f" * (TABLE_BYTES - used - 32 - len(name)))])


def call_from_table(connection):
    """A call whose fields are all entries of that table. The oldest has the highest index."""
    stream = connection.new_stream()
    first = 61 + len(FIELDS) + 1
    block = b"".join(integer(first - number, 7, 0x80) for number in range(len(FIELDS)))
    connection.send_frame(h2.HEADERS, h2.END_HEADERS, stream, block)
    connection.send_frame(h2.DATA, h2.END_STREAM, stream, h2.message(b"\x0a\x05hello"))
    response = connection.response(stream)
    assert response.status == 0, response.trailers


class Calls(unittest.TestCase):
    def assert_flat(self, server, work, times, warm_up, what):
        pid = server.process.pid
        work(warm_up)
        before = private_bytes(pid)
        work(times - warm_up)
        growth = private_bytes(pid) - before
        report(f"{what}: {before} bytes after {warm_up}, {growth:+} after {times}")
        self.assertLessEqual(growth, MOST_PAGES * PAGE)

    def test_million_calls(self):
        with Gateway() as server:
            load = lambda calls: h2load(server.target, calls, "-c8", "-m16")
            self.assert_flat(server, load, CALLS, WARM_UP_CALLS, "private memory over unary calls")

    def test_cancelled_calls(self):
        """Streams that the client resets, after a whole message or a part of one."""
        budget = ("--reset-budget", 100_000, "--reset-refill", 100_000)
        # One connection: another one takes a place of its own if the gateway has not seen the end of the first.
        with Gateway(*budget) as server, h2.Connection(server.target) as connection:
            connection.settle()
            work = lambda times: self.cancel(connection, times)
            self.assert_flat(server, work, 20_000, 4_000, "private memory over cancelled calls")

    def cancel(self, connection, times):
        together = 50
        message = h2.message(b"\x0a\xfa\x01" + b"x" * 250)
        for _ in range(times // together):
            frames = b""
            for i in range(together):
                stream = connection.new_stream()
                path = ("/echo.Echo/Chat", "/echo.Echo/Collect", "/grpc.health.v1.Health/Watch")[i % 3]
                block = indexed_block(h2.request_fields(path, [("x-echo-a", "b" * 40)]))
                frames += h2.frame(h2.HEADERS, h2.END_HEADERS, stream, block)
                frames += h2.frame(h2.DATA, 0, stream, message[: 10 + i * 5] if i % 3 else message)
                frames += h2.frame(h2.RST_STREAM, 0, stream, (8).to_bytes(4, "big"))
            connection.send(frames)
            call(connection, FIELDS)


class StartupPages(unittest.TestCase):
    def test_code_of_the_start_is_not_resident(self):
        with Gateway() as server:
            server.wait_for_log(r"resident memory \d+ KiB")
            at_start = int(re.search(r"resident memory (\d+) KiB", server.stderr).group(1))
            suite.wait_until(lambda: server.memory_kib("RssFile") <= at_start / 2, "at most half of the memory at start is code")
            report(f"resident at start: {at_start} KiB; pages of the program when idle: {server.memory_kib('RssFile')} KiB")


class Arena(unittest.TestCase):
    def worst_case_bytes(self):
        """The memory of the limits, as the gateway prints it."""
        result = subprocess.run(
            [*gateway.under_test(), "--large-sockets", "0", "--memory-budget", "64KiB"],
            capture_output=True, text=True, timeout=suite.PATIENCE, check=False
        )
        self.assertEqual(result.returncode, 2)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        return int(re.search(r"needs (\d+) bytes", result.stderr).group(1))

    @staticmethod
    def kernel_bytes(printed):
        """The memory of the kernel for connections, which is not memory of the process."""
        shares = re.findall(r"socket-(?:receive|send)-bytes (\d+) x (\d+) B", printed)
        return sum(int(count) * int(each) for count, each in shares)

    def test_one_mapping_and_none_after_ready(self):
        strace = shutil.which("strace")
        if strace is None:
            self.skipTest("SKIPPED: strace is not installed, so system calls cannot be traced")
        worst_case = self.worst_case_bytes()
        with tempfile.NamedTemporaryFile() as log:
            traced = (strace, "-D", "-f", "-s", "4096", "-o", log.name)
            calls = "trace=mmap,mremap,munmap,brk,madvise,clone,clone3,fork,vfork,write"
            server = Gateway("--large-sockets", 0, command=[*traced, "-e", calls, *gateway.under_test()])
            try:
                server.start()
            except AssertionError as error:
                if "ptrace" not in str(error):
                    raise
                self.skipTest("SKIPPED: ptrace is not allowed here, so system calls cannot be traced")
            try:
                h2load(server.target, 2000, "-c4", "-m8")
                with h2.Connection(server.target) as connection:
                    call(connection, FIELDS)
            finally:
                server.stop()
            trace = Path(log.name).read_text()
        self.assertIn("ready on", trace)
        worst_case -= self.kernel_bytes(server.stderr)
        at_start, serving = trace.rsplit("ready on", 1)
        serving, drained, _ = serving.partition("event=drain")
        self.assertNotEqual(drained, "", "the end of serving is not in the trace")
        arenas = re.findall(rf"mmap\(NULL, {worst_case}, ", at_start)
        report(f"worst case as printed at start: {worst_case} bytes; mappings of that size: {len(arenas)}")
        self.assertEqual(len(arenas), 1, at_start)
        # Otherwise the first byte may need a page of 2 MiB.
        self.assertRegex(at_start, rf"madvise\(0x[0-9a-f]+, {worst_case}, MADV_NOHUGEPAGE\)")
        calls = re.findall(r"(?:mmap|mremap|munmap|brk|madvise|clone3?|v?fork)\(.*", serving)
        self.assertEqual(calls, [])


if __name__ == "__main__":
    suite.main()

"""Clients that flood, send slowly, stall or open many connections: each reaches its limit, and other clients are served."""

import time

import raw_http2 as h2
import suite
from raw_case import (
    CHAT,
    DEADLINE_EXCEEDED,
    OK,
    REPLY,
    REPLY_STREAM,
    RESOURCE_EXHAUSTED,
    UNIMPLEMENTED,
    FreshRawTestCase,
    RawTestCase,
    request,
)
from gateway import Gateway
from raw_hpack import encode_fields, integer
from suite import gateway_only

HEAD = encode_fields(h2.request_fields(CHAT))
HELLO = h2.message(request())


class Floods(RawTestCase):
    """Budgets of 50 resets and 100 frames without progress, which are hardly refilled over time."""

    options = ("--reset-budget", 50, "--reset-refill", 1, "--idle-frame-budget", 100, "--idle-frame-refill", 1)

    def assert_calmed(self, flood, preparation=None):
        other = self.connect()
        self.assert_answers(other)
        connection = self.connect()
        if preparation:
            preparation(connection)
        try:
            connection.send(flood)
        except h2.Closed:
            pass  # The gateway need not read to the end of it.
        self.assert_goaway(connection, h2.ENHANCE_YOUR_CALM)
        self.assert_answers(other)

    def open_chat(self, connection):
        connection.send_headers(h2.request_fields(CHAT))

    @gateway_only
    def test_rapid_reset(self):
        pairs = (
            h2.frame(h2.HEADERS, h2.END_HEADERS, stream, HEAD) + h2.frame(h2.RST_STREAM, 0, stream, b"\0\0\0\x08")
            for stream in range(1, 2001, 2)
        )
        self.assert_calmed(b"".join(pairs))

    @gateway_only
    def test_made_to_reset(self):
        pairs = (
            h2.frame(h2.HEADERS, h2.END_HEADERS, stream, HEAD)
            + h2.frame(h2.WINDOW_UPDATE, 0, stream, b"\x7f\xff\xff\xff")
            for stream in range(1, 2001, 2)
        )
        self.assert_calmed(b"".join(pairs))

    @gateway_only
    def test_malformed_requests(self):
        block = encode_fields(h2.request_fields(extra=[("connection", "close")]))
        requests = (h2.frame(h2.HEADERS, h2.END_HEADERS, stream, block) for stream in range(1, 2001, 2))
        self.assert_calmed(b"".join(requests))

    @gateway_only
    def test_pings(self):
        self.assert_calmed(h2.frame(h2.PING, 0, 0, bytes(8)) * 1000)

    @gateway_only
    def test_ping_acknowledgements(self):
        self.assert_calmed(h2.frame(h2.PING, h2.ACK, 0, bytes(8)) * 1000)

    @gateway_only
    def test_settings(self):
        self.assert_calmed(h2.frame(h2.SETTINGS) * 1000)

    @gateway_only
    def test_settings_with_values(self):
        self.assert_calmed(h2.frame(h2.SETTINGS, payload=b"\0\4\0\0\xff\xff" * 100) * 1000)

    @gateway_only
    def test_empty_data(self):
        self.assert_calmed(h2.frame(h2.DATA, 0, 1) * 1000, self.open_chat)

    @gateway_only
    def test_padding_without_data(self):
        self.assert_calmed(h2.frame(h2.DATA, h2.PADDED, 1, b"\x03\0\0\0") * 1000, self.open_chat)

    @gateway_only
    def test_priority(self):
        self.assert_calmed(h2.frame(h2.PRIORITY, 0, 1, bytes(4) + b"\x10") * 1000)

    @gateway_only
    def test_window_updates(self):
        self.assert_calmed(h2.frame(h2.WINDOW_UPDATE, 0, 0, b"\0\0\0\1") * 1000)

    @gateway_only
    def test_unknown_frames(self):
        self.assert_calmed(h2.frame(0xFA, 0, 0, b"what?") * 1000)

    @gateway_only
    def test_continuation(self):
        flood = h2.frame(h2.HEADERS, 0, 1, HEAD) + h2.frame(h2.CONTINUATION, 0, 1, encode_fields([("a", "b")])) * 1000
        self.assert_calmed(flood)

    @gateway_only
    def test_empty_continuation(self):
        self.assert_calmed(h2.frame(h2.HEADERS, 0, 1, HEAD) + h2.frame(h2.CONTINUATION, 0, 1) * 1000)

    @gateway_only
    def test_header_block_without_an_end(self):
        """100 MB of fields in one block: aborted by the limit on its frames."""
        fields = encode_fields([("x-f", "v" * 100)] * 140)
        flood = h2.frame(h2.HEADERS, 0, 1, HEAD) + h2.frame(h2.CONTINUATION, 0, 1, fields) * 6000
        self.assert_calmed(flood)

    @gateway_only
    def test_too_many_fields_then_another_call(self):
        """A refused header block is decoded completely: its table entries stay valid."""
        connection = self.connect()
        connection.settle()  # Or it would have to say that its table is the smaller one now.
        for _ in range(3):
            fields = encode_fields(h2.request_fields(extra=[(f"x-echo-{number}", "v") for number in range(100)]))
            entry = b"\x40\x08x-echo-k\x05value"
            stream = connection.new_stream()
            connection.send_frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, stream, fields + entry)
            self.assert_status(RESOURCE_EXHAUSTED, connection.response(stream), "64")
            stream = connection.new_stream()
            block = encode_fields(h2.request_fields()) + b"\xbe"
            connection.send_frame(h2.HEADERS, h2.END_HEADERS, stream, block)
            connection.send_data(stream, HELLO, end_stream=True)
            response = connection.response(stream)
            self.assertEqual((response.status, response.trailers.get("x-echo-k")), (OK, "value"))

    @gateway_only
    def test_header_bomb(self):
        """One large table entry, used repeatedly: its size counts each time. Far above the limit the block is abandoned."""
        entry = b"\x40\x03x-b" + b"\x7f\xbd\x04" + b"v" * 700
        head = encode_fields(h2.request_fields()) + entry
        connection = self.connect()
        connection.settle()
        stream = connection.new_stream()
        connection.send_frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, stream, head + b"\xbe" * 15)
        self.assert_status(RESOURCE_EXHAUSTED, connection.response(stream))
        self.assert_answers(connection)
        self.assert_calmed(h2.frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, 1, head + b"\xbe" * 5000))

    @gateway_only
    def test_innocent_client_that_resets_after_each_reply(self):
        connection = self.connect()
        for _ in range(300):
            stream = connection.call(REPLY, request())
            self.assertEqual(connection.response(stream).status, OK)
            connection.send_reset(stream)
        self.assert_answers(connection)

    @gateway_only
    def test_innocent_client_that_acknowledges_each_frame(self):
        """Window updates for DATA and occasional PINGs are not a flood."""
        connection = self.connect((h2.INITIAL_WINDOW_SIZE, 200))
        for _ in range(20):
            connection.send_frame(h2.PING, 0, 0, bytes(8))
            response = connection.response(connection.call(REPLY_STREAM, request("x" * 50, count=50)))
            self.assertEqual((response.status, len(response.messages)), (OK, 50))

    @gateway_only
    def test_innocent_client_that_acknowledges_each_frame_of_a_burst(self):
        """A window of small replies is sent at once and acknowledged reply by reply."""
        connection = self.connect()
        response = connection.response(connection.call(REPLY_STREAM, request("x" * 50, count=5000)))
        self.assertEqual((response.status, len(response.messages)), (OK, 5000))


class Provoked(RawTestCase):
    """Frames and resets that the gateway caused cost nothing. The budgets are minimal and are not refilled over time."""

    options = ("--reset-budget", 10, "--reset-refill", 0, "--idle-frame-budget", 10, "--idle-frame-refill", 0)

    @gateway_only
    def test_a_ping_for_each_reply(self):
        connection = self.connect()
        connection.settle()
        response = h2.ping_for_each_reply(connection, connection.call(REPLY_STREAM, request(count=3000)))
        self.assertEqual((response.status, len(response.messages)), (OK, 3000))

    @gateway_only
    def test_late_frames_of_refused_calls(self):
        connection = self.connect()
        for first in range(0, 1000, 100):
            streams = [connection.send_headers(h2.request_fields("/echo.Echo/Nothing")) for _ in range(100)]
            for stream in streams:
                connection.send_data(stream, h2.message(b""))
                connection.send_data(stream, b"", end_stream=True)
            for stream in streams:
                self.assert_status(UNIMPLEMENTED, connection.response(stream))
        self.assert_answers(connection)

    @gateway_only
    def test_calls_cancelled_after_their_deadline(self):
        connection = self.connect()
        for _ in range(100):
            stream = connection.call(CHAT, extra=[("grpc-timeout", "2m")], end_stream=False)
            self.assert_status(DEADLINE_EXCEEDED, connection.response(stream))
            connection.send_reset(stream)
        self.assert_answers(connection)

    @gateway_only
    def test_calls_cancelled_after_a_reply(self):
        connection = self.connect()
        for _ in range(100):
            stream = connection.call(CHAT, request(), end_stream=False)
            connection.receive_until(lambda: stream in connection.responses and connection.responses[stream].messages)
            connection.send_reset(stream)
        self.assert_answers(connection)

    @gateway_only
    def test_reset_of_a_stream_that_was_never_opened(self):
        connection = self.connect()
        self.assert_answers(connection)
        connection.send_reset(7)
        for _ in range(4):
            self.assert_answers(connection)


class Times(FreshRawTestCase):
    """Every phase of a connection has a timeout."""

    def assert_closed_in_time(self, code, stall, *options):
        """`stall(target)` returns a stalled connection. It is closed with these options, and still open with the default ones."""
        self.start(*options)
        with Gateway() as patient, stall(patient.target) as other:
            with stall(self.gateway.target) as connection:
                self.assert_goaway(connection, code)
            other.assert_open()
        self.assert_answers()

    def stalled(self, *parts, preface=False):
        """A connection that sends these bytes and nothing else."""

        def stall(target):
            connection = h2.Connection(target, preface=preface)
            if preface:
                connection.settle()
            for part in parts:
                connection.send(part)
            return connection

        return stall

    @gateway_only
    def test_no_preface(self):
        self.assert_closed_in_time(h2.PROTOCOL_ERROR, self.stalled(), "--preface-timeout-ms", 300)

    @gateway_only
    def test_half_a_preface(self):
        self.assert_closed_in_time(h2.PROTOCOL_ERROR, self.stalled(h2.PREFACE[:11]), "--preface-timeout-ms", 300)

    @gateway_only
    def test_preface_without_settings(self):
        self.assert_closed_in_time(h2.PROTOCOL_ERROR, self.stalled(h2.PREFACE), "--preface-timeout-ms", 300)

    @gateway_only
    def test_preface_that_drips(self):
        """Single bytes do not extend the deadline."""
        self.start("--preface-timeout-ms", 500)
        started = time.monotonic()
        connection = self.connect(preface=False)
        with self.assertRaises(h2.Closed, msg="a drip kept the connection open"):
            for byte in h2.PREFACE:
                connection.send(bytes([byte]))
                connection.receive_frame(seconds=0.1)
        self.assertGreaterEqual(time.monotonic() - started, 0.4)

    @gateway_only
    def test_header_block_without_an_end(self):
        for cut in (0, 10, len(HEAD)):
            stall = self.stalled(h2.frame(h2.HEADERS, 0, 1, HEAD[:cut]), preface=True)
            self.assert_closed_in_time(h2.ENHANCE_YOUR_CALM, stall, "--header-timeout-ms", 300)

    @gateway_only
    def test_header_frame_without_an_end(self):
        stall = self.stalled(h2.frame(h2.HEADERS, h2.END_HEADERS, 1, HEAD)[:-1], preface=True)
        self.assert_closed_in_time(h2.ENHANCE_YOUR_CALM, stall, "--header-timeout-ms", 300)

    @gateway_only
    def test_message_without_an_end(self):
        self.start("--message-timeout-ms", 300)
        connection = self.connect()
        for cut in (1, 5, len(HELLO) - 1):
            stream = connection.send_headers(h2.request_fields(CHAT))
            connection.send_data(stream, HELLO[:cut])
            self.assert_status(DEADLINE_EXCEEDED, connection.response(stream))
        self.assert_answers(connection)

    @gateway_only
    def test_message_that_drips(self):
        self.start("--message-timeout-ms", 500)
        connection = self.connect()
        stream = connection.send_headers(h2.request_fields(CHAT))
        response = connection.responses.setdefault(stream, h2.Response())
        for byte in h2.message(request("x" * 100)):
            connection.send_data(stream, bytes([byte]))
            connection.receive_frame(seconds=0.05)
            if response.ended:
                break
        else:
            self.fail("a drip kept the call open")
        self.assert_status(DEADLINE_EXCEEDED, response)

    @gateway_only
    def test_call_between_messages_has_time(self):
        self.start("--message-timeout-ms", 200)
        connection = self.connect()
        stream = connection.call(CHAT, request(), end_stream=False)
        for _ in range(3):
            stalled = connection.send_headers(h2.request_fields(CHAT))
            connection.send_data(stalled, HELLO[:1])
            self.assert_status(DEADLINE_EXCEEDED, connection.response(stalled))
        connection.send_data(stream, HELLO, end_stream=True)
        response = connection.response(stream)
        self.assertEqual((response.status, len(response.messages)), (OK, 2))

    @gateway_only
    def test_idle_connection(self):
        self.start("--idle-timeout-ms", 400)
        connection = self.connect()
        started = time.monotonic()
        response = connection.response(connection.call(REPLY_STREAM, request(count=2, interval_ms=1000)))
        self.assertEqual(response.status, OK)
        goaway = connection.receive_to_the_end()
        self.assertEqual(goaway[1], h2.NO_ERROR)
        self.assertGreaterEqual(time.monotonic() - started, 1.3)

    @gateway_only
    def test_idle_connection_that_pings(self):
        """A PING does not count as a call."""
        self.start("--idle-timeout-ms", 500)
        connection = self.connect()
        with self.assertRaises(h2.Closed):
            for _ in range(400):  # Fewer than idle-frame-budget.
                connection.send_frame(h2.PING, 0, 0, bytes(8))
                while connection.receive_frame(seconds=0.02):
                    pass
        self.assertEqual(connection.goaway[1:], (h2.NO_ERROR, "idle"))

    @gateway_only
    def test_keepalive_that_is_answered(self):
        self.start("--keepalive-ms", 200, "--keepalive-timeout-ms", 2000)
        connection = self.connect()
        pings = []
        deadline = time.monotonic() + 20
        while len(pings) < 4 and time.monotonic() < deadline:
            received = connection.receive_frame(seconds=5)
            if received and received.type == h2.PING:
                pings.append(received)
        self.assertEqual(len(pings), 4)
        self.assert_answers(connection)

    @gateway_only
    def test_keepalive_that_is_not_answered(self):
        self.start("--keepalive-ms", 200, "--keepalive-timeout-ms", 300)
        started = time.monotonic()
        connection = self.connect(replenish=False)
        connection.receive_to_the_end(seconds=10)
        self.assertGreaterEqual(time.monotonic() - started, 0.4)
        self.assert_answers()

    def assert_place_is_free_again(self):
        """The gateway has memory for one connection: another one is served after the stalled one is closed."""

        def answered():
            try:
                with h2.Connection(self.gateway.target) as connection:
                    return connection.response(connection.call(REPLY, request()), seconds=5).status == OK
            except (AssertionError, h2.Closed):
                return False

        suite.wait_until(answered, "the stalled connection closed")

    @gateway_only
    def test_client_that_does_not_read_its_socket(self):
        self.start("--write-stall-ms", 500, "--max-connections", 1)
        connection = self.connect((h2.INITIAL_WINDOW_SIZE, 0x7FFFFFFF), receive_buffer=4096)
        connection.send_window_update(0, 0x7FFF0000)
        connection.call(REPLY_STREAM, request("x" * 60000, count=100000))
        self.assert_place_is_free_again()
        self.assertNotIn("connection-error", self.gateway.stderr)

    @gateway_only
    def test_client_that_opens_no_window(self):
        """The call fails, not the connection: the window of one stream does not affect the others."""
        self.start("--write-stall-ms", 500)
        connection = self.connect((h2.INITIAL_WINDOW_SIZE, 0), replenish=False)
        started = time.monotonic()
        response = connection.response(connection.call(REPLY_STREAM, request("x" * 60000, count=100000)))
        self.assertIsNotNone(response.reset)
        self.assertGreaterEqual(time.monotonic() - started, 0.4)
        self.assertIsNone(connection.goaway)
        connection.send_settings((h2.INITIAL_WINDOW_SIZE, 65535))
        self.assert_answers(connection)

    @gateway_only
    def test_client_that_reads_slowly_is_no_staller(self):
        self.start("--write-stall-ms", 1000, "--min-progress-bytes", 1)
        connection = self.connect((h2.INITIAL_WINDOW_SIZE, 1), replenish=False)
        stream = connection.call(REPLY, request("slow"))
        response = connection.responses.setdefault(stream, h2.Response())
        size = len("You said: slow") + 2 + 5
        for taken in range(1, size + 1):
            connection.receive_until(lambda taken=taken: len(response.data) == taken)
            time.sleep(0.1)
            connection.send_window_update(stream, 1)
        connection.receive_until(lambda: response.ended)
        self.assertEqual(response.status, OK)


class Crowds(FreshRawTestCase):
    @gateway_only
    def test_more_connections_than_allowed(self):
        self.start("--max-connections", 3)
        connections = [self.connect() for _ in range(3)]
        for connection in connections:
            self.assert_answers(connection)
        for _ in range(5):
            self.assert_goaway(self.connect(preface=False), h2.ENHANCE_YOUR_CALM)
        for connection in connections:
            self.assert_answers(connection)
        connections[0].close()

        def answered():
            try:
                self.assert_answers()
                return True
            except (AssertionError, h2.Closed):
                return False

        suite.wait_until(answered, "a place for one more connection")

    @gateway_only
    def test_fault_of_one_connection_leaves_the_others_alone(self):
        other = self.connect()
        stream = other.call(REPLY_STREAM, request(count=4, interval_ms=100))
        connection = self.connect()
        connection.send(h2.frame(h2.PING, 0, 0, bytes(7)))
        self.assert_goaway(connection, h2.FRAME_SIZE_ERROR)
        self.assertEqual(len(other.response(stream).messages), 4)

    @gateway_only
    def test_connections_that_come_and_go(self):
        for _ in range(500):
            with h2.Connection(self.gateway.target) as connection:
                connection.call(CHAT, request())
        self.assert_answers()

    @gateway_only
    def test_clients_that_do_not_read_beside_one_that_does(self):
        """Replies that a client does not read are stored up to a limit, and other clients are served."""
        for _ in range(8):
            deaf = self.connect((h2.INITIAL_WINDOW_SIZE, 0x7FFFFFFF), receive_buffer=4096)
            deaf.send_window_update(0, 0x7FFF0000)
            for _ in range(4):
                deaf.call(REPLY_STREAM, request("x" * 10000, count=100000))
        before = self.gateway.memory_kib()
        connection = self.connect()
        for _ in range(200):
            self.assert_answers(connection)
        self.assertLess(self.gateway.memory_kib() - before, 4096)

    @gateway_only
    def test_streams_held_open_by_shut_windows(self):
        """The maximum number of calls, each with a reply that waits for flow control."""
        connection = self.connect((h2.INITIAL_WINDOW_SIZE, 0), replenish=False)
        streams = [connection.call(REPLY, request("x" * 500)) for _ in range(100)]
        other = self.connect()
        for _ in range(100):
            self.assert_answers(other)
        connection.send_settings((h2.INITIAL_WINDOW_SIZE, 1000))
        connection.send_window_update(0, 1 << 20)
        for stream in streams:
            response = connection.response(stream)
            self.assertIn(response.status, (OK, RESOURCE_EXHAUSTED))
            self.assertNotEqual((response.status, response.trailers.get("grpc-message", "")), (RESOURCE_EXHAUSTED, ""))


class LoweredHeaderTable(RawTestCase):
    """A client may use 4,096 bytes until it acknowledges SETTINGS. Then it announces the smaller size (RFC 9113 4.3.1)."""

    TABLE_BYTES = 768
    options = ("--max-header-table-bytes", TABLE_BYTES)

    def connect_with_entries(self):
        """A connection with 4,000 bytes in the table, from before the acknowledgement."""
        connection = self.connect()
        name, value = b"x-kept", b"v" * (4000 - 32 - 6)
        entry = b"\x40" + integer(len(name), 7) + name + integer(len(value), 7) + value
        self.assert_answered(connection, encode_fields(h2.request_fields(REPLY)) + entry)
        connection.settle()
        self.assertEqual(connection.settings[h2.HEADER_TABLE_SIZE], self.TABLE_BYTES)
        return connection

    def assert_answered(self, connection, block):
        stream = self.send_call(connection, block)
        self.assertEqual(connection.response(stream).status, OK)

    def send_call(self, connection, block):
        stream = connection.new_stream()
        connection.send_frame(h2.HEADERS, h2.END_HEADERS, stream, block)
        connection.send_frame(h2.DATA, h2.END_STREAM, stream, HELLO)
        return stream

    @gateway_only
    def test_client_that_ignores_it(self):
        connection = self.connect_with_entries()
        self.send_call(connection, encode_fields(h2.request_fields(REPLY)))
        self.assert_goaway(connection, h2.COMPRESSION_ERROR)

    def test_client_that_obeys(self):
        connection = self.connect_with_entries()
        update = integer(self.TABLE_BYTES, 5, 0x20)
        self.assert_answered(connection, update + encode_fields(h2.request_fields(REPLY)))


if __name__ == "__main__":
    suite.main()

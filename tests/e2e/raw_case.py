"""The test case of the suites that build HTTP/2 frames themselves."""

import re

import raw_http2 as h2
from suite import EchoTestCase, FreshGatewayTestCase, echo_pb2

OK, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE = 0, 4, 8, 12, 13, 14
INVALID_ARGUMENT = 3
REPLY, REPLY_STREAM, COLLECT, CHAT = (f"/echo.Echo/{name}" for name in ("Reply", "ReplyStream", "Collect", "Chat"))


def request(message="hello", **fields):
    return echo_pb2.EchoRequest(message=message, **fields).SerializeToString()


def replies(response):
    return [echo_pb2.EchoReply.FromString(payload).message for payload in response.messages]


class _Raw:
    def connect(self, *settings, **named):
        connection = h2.Connection(self.gateway.target, settings, **named)
        self.addCleanup(connection.close)
        return connection

    def assert_answers(self, connection=None):
        """Checks that a call on this connection, or on a new one, is answered."""
        connection = connection or self.connect()
        response = connection.response(connection.call(REPLY, request("still there")))
        self.assertEqual((response.status, replies(response)), (OK, ["You said: still there"]))

    def assert_status(self, code, response, *words):
        """Checks that the call ended with this grpc-status and that grpc-message contains these words."""
        self.assertEqual(response.initial.get(":status"), "200")
        self.assertEqual(response.status, code, response.trailers)
        for word in words:
            self.assertIn(word, response.trailers.get("grpc-message", ""))

    def assert_goaway(self, connection, code, seconds=h2.PATIENCE):
        """Checks that the connection ends with GOAWAY with a reason, and that the log has a line. `code` may be several
        codes."""
        goaway = connection.receive_to_the_end(seconds)
        self.assertIsNotNone(goaway, "closed without GOAWAY")
        _, told, reason = goaway
        self.assertIn(told, code if isinstance(code, tuple) else (code,), reason)
        self.assertNotEqual(reason, "")
        self.gateway.wait_for_log(re.escape(reason))
        return reason


class RawTestCase(_Raw, EchoTestCase):
    def setUp(self):
        pass


class FreshRawTestCase(_Raw, FreshGatewayTestCase):
    pass

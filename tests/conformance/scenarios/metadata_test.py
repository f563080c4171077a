"""Metadata in both directions: x-echo-* keys are returned as initial and as trailing metadata."""

import grpc

import suite
from request_stream import RequestStream
from suite import PATIENCE, EchoTestCase, echo_pb2, gateway_only

HELLO = echo_pb2.EchoRequest(message="hello")


def echoed(metadata):
    return sorted((key, value) for key, value in metadata if key.startswith("x-echo-"))


class Metadata(EchoTestCase):
    def assert_echoed(self, *sent):
        reply, call = self.echo.Reply.with_call(HELLO, metadata=sent, timeout=PATIENCE)
        self.assertEqual(reply.message, "You said: hello")
        self.assertEqual(echoed(call.initial_metadata()), sorted(sent))
        self.assertEqual(echoed(call.trailing_metadata()), sorted(sent))

    def test_text(self):
        self.assert_echoed(("x-echo-a", "one"), ("x-echo-b", "two words; and, more!"))

    def test_no_metadata(self):
        self.assert_echoed()

    def test_empty_value(self):
        self.assert_echoed(("x-echo-empty", ""))

    def test_whitespace_around_values(self):
        sent = (("x-echo-a", " one"), ("x-echo-b", "two  "), ("x-echo-c", " three and four "), ("x-echo-d", " "))
        _, call = self.echo.Reply.with_call(HELLO, metadata=sent, timeout=PATIENCE)
        trimmed = [(key, value.strip()) for key, value in sent]
        self.assertEqual(echoed(call.initial_metadata()), trimmed)
        self.assertEqual(echoed(call.trailing_metadata()), trimmed)

    def test_same_key_several_times(self):
        _, call = self.echo.Reply.with_call(
            HELLO, metadata=[("x-echo-k", "1"), ("x-echo-k", "2"), ("x-echo-k", "3")], timeout=PATIENCE
        )
        for metadata in (call.initial_metadata(), call.trailing_metadata()):
            values = ",".join(value for key, value in metadata if key == "x-echo-k")
            self.assertEqual(values.replace(" ", ""), "1,2,3")

    def test_every_printable_character(self):
        self.assert_echoed(("x-echo-all", "!" + "".join(map(chr, range(0x20, 0x7F))) + "!"))

    def test_every_character_of_a_key(self):
        self.assert_echoed(("x-echo-abcdefghijklmnopqrstuvwxyz_-.0123456789", "v"))

    def test_binary_of_every_length(self):
        for size in range(20):
            self.assert_echoed(("x-echo-some-bin", bytes(range(size))))

    def test_every_binary_byte(self):
        self.assert_echoed(("x-echo-all-bin", bytes(range(256))))

    def test_text_and_binary(self):
        self.assert_echoed(("x-echo-a", "text"), ("x-echo-a-bin", b"\0\xff"), ("x-echo-b", "more"))

    def test_other_keys_are_not_returned(self):
        sent = [("x-other", "1"), ("x-echo", "2"), ("echo-x-echo-", "3"), ("x-other-bin", b"4"), ("x-echo-kept", "5")]
        _, call = self.echo.Reply.with_call(HELLO, metadata=sent, timeout=PATIENCE)
        names = {key for key, _ in [*call.initial_metadata(), *call.trailing_metadata()]}
        self.assertEqual({name for name in names if "x-" in name}, {"x-echo-kept"})

    def test_many_keys(self):
        self.assert_echoed(*[(f"x-echo-{number}", f"value {number}") for number in range(30)])

    def test_kilobytes(self):
        self.assert_echoed(("x-echo-long", "v" * 3000), ("x-echo-long-bin", b"\x80" * 1500))

    def test_hundred_calls_with_the_same_keys(self):
        for number in range(100):
            self.assert_echoed(("x-echo-same", "always"), ("x-echo-number", str(number)))

    def test_every_kind_of_call(self):
        sent = [("x-echo-a", "1"), ("x-echo-b-bin", b"\x01")]
        calls = (
            self.echo.ReplyStream(HELLO, metadata=sent, timeout=PATIENCE),
            self.echo.Chat(iter([HELLO]), metadata=sent, timeout=PATIENCE),
            self.echo.Collect.future(iter([HELLO]), metadata=sent, timeout=PATIENCE),
        )
        for call in calls:
            self.assertEqual(echoed(call.initial_metadata()), sent)
            if call is not calls[-1]:
                self.assertEqual(len(list(call)), 1)
            self.assertEqual(echoed(call.trailing_metadata()), sent)
            self.assertEqual(call.code(), grpc.StatusCode.OK)

    def test_initial_metadata_before_the_first_message(self):
        stream = RequestStream()
        chat = self.echo.Chat(stream, metadata=[("x-echo-early", "yes")], timeout=PATIENCE)
        stream.send("m")
        self.assertEqual(echoed(chat.initial_metadata()), [("x-echo-early", "yes")])
        self.assertEqual(next(chat).number, 1)
        stream.close()
        self.assertEqual(list(chat), [])

    def test_failed_calls_have_trailers(self):
        call = self.channel.unary_unary("/echo.Echo/Reply")
        error = self.assert_status(
            (grpc.StatusCode.INTERNAL, grpc.StatusCode.INVALID_ARGUMENT), call, b"\xff", timeout=PATIENCE
        )
        self.assertNotEqual(error.details(), "")


class Limits(EchoTestCase):
    options = ("--max-header-bytes", 8192, "--max-header-fields", 64)

    def refused(self, metadata):
        error = self.assert_status(
            grpc.StatusCode.RESOURCE_EXHAUSTED, self.echo.Reply, HELLO, metadata=metadata, timeout=PATIENCE
        )
        return error.details()

    def assert_connection_works(self):
        reply, call = self.echo.Reply.with_call(HELLO, metadata=[("x-echo-k", "v")], timeout=PATIENCE)
        self.assertEqual(reply.message, "You said: hello")
        self.assertEqual(echoed(call.trailing_metadata()), [("x-echo-k", "v")])

    @gateway_only
    def test_too_many_bytes(self):
        for _ in range(3):
            self.refused([("x-echo-long", "v" * 9000)])
            self.assert_connection_works()

    @gateway_only
    def test_too_many_bytes_in_many_fields(self):
        self.refused([(f"x-echo-{number}", "v" * 400) for number in range(30)])
        self.assert_connection_works()

    @gateway_only
    def test_too_many_fields(self):
        for _ in range(3):
            self.refused([(f"x-echo-{number}", "v") for number in range(80)])
            self.assert_connection_works()


if __name__ == "__main__":
    suite.main()

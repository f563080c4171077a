"""Runs one case: sends its bytes, then sends PINGs until it is certain that no further frames arrive.

The last frames are a PING and a call of a method that does not exist: their answers follow the answer to the case. So the
client waits for a fixed time only if an answer that is due does not arrive.
"""

import struct
import time

import raw_http2 as h2
from case import ANSWERED, CLOSED, DOES_NOT_APPLY, GREETED, NOTHING, RAW, SETTLED, error_name
from raw_hpack import encode_fields
from suite import echo_pb2

PATIENCE = 20
LATE_SECONDS = 1  # for the answer of a server that answers PING before its streams
PROBE_STREAM = 100001
PROBE_PING = b"the end?"
UNIMPLEMENTED = 12


class Exchange(h2.Connection):
    def __init__(self, target, case):
        self.frames = []
        self.case = case
        self.got = h2.Response()
        self.is_closed = False
        self.sent_bytes = 0  # of DATA that send_as_allowed() has sent
        super().__init__(target, case.settings, preface=case.start != RAW, replenish=case.replenish)
        self.responses[case.stream] = self.got

    def outcome(self):
        try:
            self.send(self.case.early)
            if self.case.start == SETTLED:
                self.settle()
            elif self.case.start == GREETED:
                self.until(lambda: self.settings)
            if self.case.applies and not self.case.applies(self):
                return DOES_NOT_APPLY
            for step in self.case.steps:
                if isinstance(step, bytes):
                    self.send(step)
                else:
                    step(self)
            self._end()
        except h2.Closed:
            self.is_closed = True
        except TimeoutError:
            return "silent"
        return self._result()

    # For the steps of cases.

    def until(self, condition, seconds=None):
        """Receives until the condition holds. Raises TimeoutError or Closed."""
        deadline = time.monotonic() + (seconds or PATIENCE)
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.receive_frame(left)

    def settle(self):
        self.until(lambda: self.settings and self.settings_acknowledged)

    def ping(self, payload=b"in order"):
        """Waits until all answers of the server to earlier frames have arrived."""
        self.send_frame(h2.PING, 0, 0, payload)
        self.until(lambda: payload in self.pings_answered)

    def response_on(self, stream):
        got = self.responses.setdefault(stream, h2.Response())
        self.until(lambda: got.ended or got.reset is not None)
        return got

    def send_as_allowed(self, stream, payload):
        """Sends DATA that ends the stream, in frames as large as the server's windows allow."""
        left = payload
        self.responses.setdefault(stream, h2.Response())
        window = self.setting(h2.INITIAL_WINDOW_SIZE, 65535)

        def room():
            of_stream = window + self.granted[stream] - (len(payload) - len(left))
            return min(of_stream, 65535 + self.granted[0] - self.sent_bytes, h2.MAX_FRAME_BYTES)

        while left:
            self.until(lambda: room() > 0 or self.responses[stream].reset is not None)
            if room() <= 0:
                return
            piece, left = left[: room()], left[room() :]
            self.sent_bytes += len(piece)
            self.send_data(stream, piece, end_stream=not left)

    # The end of a case.

    def _end(self):
        if self.goaway is None:
            self._probe()
        if self.goaway and self.goaway[1] != h2.NO_ERROR:
            self._linger(lambda: False, PATIENCE)  # to the end of the connection
        elif self.case.expect != (NOTHING,):
            self._linger(self._is_over, PATIENCE if self._is_due() else LATE_SECONDS)

    def _probe(self):
        self.send_frame(h2.PING, 0, 0, PROBE_PING)
        self.until(lambda: PROBE_PING in self.pings_answered or self.goaway)
        if not self.case.probe or self.goaway:
            return
        fields = h2.request_fields("/echo.Echo/NoSuchMethod")
        self.send_frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, PROBE_STREAM, encode_fields(fields))
        got = self.responses.setdefault(PROBE_STREAM, h2.Response())
        self.until(lambda: got.ended or got.reset is not None or self.goaway)
        if not self.goaway and got.status != UNIMPLEMENTED:
            raise TimeoutError

    def _is_over(self):
        return self.got.ended or self.got.reset is not None

    def _is_due(self):
        return any(expected.split()[0] in (ANSWERED, "grpc-status", "HTTP") for expected in self.case.expect)

    def _linger(self, condition, seconds):
        try:
            self.until(condition, seconds)
        except TimeoutError:
            pass

    def _result(self):
        result = self._connection_result() or self._stream_result()
        wrong = self.case.check(self) if self.case.check and result in self.case.expect else None
        return f"wrong: {wrong}" if wrong else result

    def _connection_result(self):
        if self.goaway and self.goaway[1] != h2.NO_ERROR:
            return f"GOAWAY {error_name(self.goaway[1])}" + ("" if self.is_closed else ", not closed")
        return CLOSED if self.is_closed else None

    def _stream_result(self):
        got = self.got
        # NO_ERROR after a complete answer: the server does not need the rest of the request (RFC 9113 8.1).
        if got.reset is not None and not (got.ended and got.reset == h2.NO_ERROR):
            return f"RST_STREAM {error_name(got.reset)}"
        if not got.ended:
            return NOTHING
        if got.initial.get(":status") != "200" or got.status is None:
            return f"HTTP {got.initial.get(':status')}"
        if got.status != 0:
            return f"grpc-status {got.status}"
        return self._wrong_answer() or ANSWERED

    def _wrong_answer(self):
        replies = tuple(echo_pb2.EchoReply.FromString(payload).message for payload in self.got.messages)
        expected = tuple(f"You said: {word}" for word in self.case.replies)
        if replies != expected:
            return f"wrong: {len(replies)} replies that are not the expected ones"
        for field in self.case.echo:
            if field not in self.got.sections[0]:
                return f"wrong: no {field[0]} in the answer"
        return None

    def _handle(self, taken):
        self.frames.append(taken)
        super()._handle(taken)

    # For the checks of cases.

    def received(self, kind, stream=None):
        return [each for each in self.frames if each.type == kind and stream in (None, each.stream)]

    def setting(self, identifier, otherwise):
        return self.settings.get(identifier, otherwise)


def settings_of(frame):
    return list(struct.iter_unpack(">HI", frame.payload))


def run(target, case):
    """The outcome of the case, and the GOAWAY if there was one."""
    exchange = Exchange(target, case)
    with exchange:
        return exchange.outcome(), exchange.goaway

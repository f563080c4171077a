"""RFC 9113 sections 5.2, 6.9: flow control and WINDOW_UPDATE."""

import frames as f
import raw_http2 as h2
from case import Case, Section, answered, connection_error, ignored, stream_error

PROTOCOL = connection_error(h2.PROTOCOL_ERROR)
FRAME_SIZE = connection_error(h2.FRAME_SIZE_ERROR)
FLOW_CONTROL = connection_error(h2.FLOW_CONTROL_ERROR)
FLOW_CONTROL_OF_STREAM = stream_error(h2.FLOW_CONTROL_ERROR)
MOST = 0x7FFFFFFF
REPLY_BYTES = 5 + 2 + len("You said: hello")
SHUT = ((h2.INITIAL_WINDOW_SIZE, 0),)
LEFT_BYTES = 65535 - 60019
LARGE = h2.message(b"\x0a\xe0\xd4\x03" + b"x" * 60000)  # its reply is 60,019 bytes


def byte_by_byte(exchange):
    exchange.send(f.call())
    for size in range(1, REPLY_BYTES + 1):
        arrives(size)(exchange)
        exchange.send(f.window_update(1, 1))


def arrives(size):
    """Waits for exactly `size` bytes of DATA on the stream of the case."""

    def step(exchange):
        exchange.until(lambda: len(exchange.got.data) >= size)
        exchange.pings_answered.clear()
        exchange.ping()
        if len(exchange.got.data) != size:
            exchange.got.reset = h2.FLOW_CONTROL_ERROR  # the server has exceeded a window
            raise h2.Closed

    return step


def fill_the_connection_window(exchange):
    """Requests two replies of 60,019 bytes: the first is complete, the second stops at the connection window of 65,535 bytes."""
    for stream in (1, 3):
        exchange.send(f.request(stream=stream))
        exchange.send_as_allowed(stream, LARGE)
        exchange.response_on(1)


def beyond_the_windows(exchange):
    """Sends more DATA than the server's windows allow, on a stream whose replies the client's window does not allow."""
    exchange.send(b"".join([f.chat(), *[f.data(f.HELLO * 1200, flags=0)] * 20]))


def granted_again(exchange):
    """Sends more DATA than the first window of the connection, on many streams."""
    window = exchange.setting(h2.INITIAL_WINDOW_SIZE, 65535)
    message = h2.message(b"\x0a\xf4\x03" + b"x" * 500)
    if window < len(message):
        raise TimeoutError
    for stream in range(3, 3 + 2 * 200, 2):
        exchange.send(f.request(stream=stream, path=f.COLLECT) + f.data(message, stream))
        exchange.response_on(stream)
    exchange.send(f.call(stream=1001))
    exchange.responses[1001] = exchange.got


def connection_window_granted(exchange):
    return None if exchange.granted[0] else "no WINDOW_UPDATE of the connection"


SECTION = Section(
    "RFC 9113 5.2, 6.9: flow control, WINDOW_UPDATE",
    (
        Case(
            "rfc9113-6.9-3-bytes",
            "WINDOW_UPDATE of another length than 4 bytes is a connection error.",
            (f.frame(h2.WINDOW_UPDATE, 0, 0, bytes(3)),),
            FRAME_SIZE,
        ),
        Case(
            "rfc9113-6.9-5-bytes",
            "WINDOW_UPDATE of 5 bytes on a stream is a connection error.",
            (f.chat(), f.frame(h2.WINDOW_UPDATE, 0, 1, b"\0\0\0\1\0")),
            FRAME_SIZE,
        ),
        Case(
            "rfc9113-6.9-0-of-the-connection",
            "An increment of 0 on stream 0 is a connection error.",
            (f.window_update(0),),
            PROTOCOL,
        ),
        Case(
            "rfc9113-6.9-0-of-a-stream",
            "An increment of 0 on a stream is a stream error.",
            (f.chat(), f.window_update(0, 1)),
            stream_error(h2.PROTOCOL_ERROR),
        ),
        Case(
            "rfc9113-6.9-0-of-a-closed-stream",
            "An increment of 0 is an error in every state of the stream.",
            (f.call(), lambda exchange: exchange.response_on(1), f.window_update(0, 1)),
            stream_error(h2.PROTOCOL_ERROR) + PROTOCOL,
        ),
        Case(
            "rfc9113-6.9-0-behind-an-early-answer",
            "An increment of 0 is an error, also after a response before the end of the request.",
            (
                f.request(path="/echo.Echo/NoSuchMethod"),
                lambda exchange: exchange.until(lambda: exchange.got.reset is not None),
                f.window_update(0, 1),
            ),
            stream_error(h2.PROTOCOL_ERROR) + PROTOCOL,
        ),
        Case(
            "rfc9113-6.9-increment-of-1",
            "Increments of 1 are allowed, on the connection and on a stream that the client has ended.",
            (f.window_update(1), f.call() + f.window_update(1, 1)),
            answered,
        ),
        Case(
            "rfc9113-6.9-reserved-bit",
            "The reserved bit before the increment is ignored.",
            (f.window_update(f.RESERVED | 1), f.request() + f.window_update(f.RESERVED | 1, 1) + f.data()),
            answered,
        ),
        Case(
            "rfc9113-6.9-only-data",
            "Flow control applies only to DATA: the response headers arrive.",
            (f.call(), lambda exchange: exchange.until(lambda: exchange.got.sections)),
            ignored,
            settings=SHUT,
            replenish=False,
        ),
        Case(
            "rfc9113-6.9-answer-without-data",
            "A response without DATA needs no window.",
            (f.call(path="/echo.Echo/NoSuchMethod"),),
            ("grpc-status 12",),
            settings=SHUT,
            replenish=False,
        ),
        Case(
            "rfc9113-6.9.1-window-of-a-stream",
            "The server sends DATA byte by byte if the client increases the stream's window by 1 each time.",
            (byte_by_byte,),
            answered,
            settings=((h2.INITIAL_WINDOW_SIZE, 1),),
            replenish=False,
        ),
        Case(
            "rfc9113-6.9.1-shut-window",
            "The server sends no DATA while the stream's window is 0.",
            (f.call(), lambda exchange: exchange.until(lambda: exchange.got.sections), arrives(0)),
            ignored,
            settings=SHUT,
            replenish=False,
        ),
        Case(
            "rfc9113-6.9.1-window-of-the-connection",
            "The server sends at most 65,535 bytes of DATA on all streams together until the client increases "
            "the connection's window.",
            (fill_the_connection_window, arrives(LEFT_BYTES), f.window_update(60019 - LEFT_BYTES)),
            answered,
            stream=3,
            replies=("x" * 60000,),
            replenish=False,
        ),
        Case(
            "rfc9113-6.9.1-stream-past-2-31",
            "An increment that raises a stream's window above 2^31-1 is a stream error.",
            (f.chat(), f.window_update(MOST, 1)),
            FLOW_CONTROL_OF_STREAM,
        ),
        Case(
            "rfc9113-6.9.1-stream-past-2-31-in-two",
            "Two allowed increments that together raise the window above 2^31-1 are an error.",
            (f.chat(), f.window_update(MOST - 65535, 1), f.window_update(1, 1)),
            FLOW_CONTROL_OF_STREAM,
        ),
        Case(
            "rfc9113-6.9.1-connection-past-2-31",
            "An increment that raises the connection's window above 2^31-1 is a connection error.",
            (f.window_update(MOST),),
            FLOW_CONTROL,
        ),
        Case(
            "rfc9113-6.9.1-connection-past-2-31-in-two",
            "Two allowed increments that together raise the window above 2^31-1 are an error.",
            (f.window_update(MOST - 65535), f.window_update(1)),
            FLOW_CONTROL,
        ),
        Case(
            "rfc9113-6.9.1-up-to-2-31",
            "Windows of exactly 2^31-1 are allowed.",
            (f.window_update(MOST - 65535), f.request() + f.window_update(MOST - 65535, 1) + f.data()),
            answered,
            replenish=False,
        ),
        Case(
            "rfc9113-6.9.1-beyond-the-server-s-window",
            "DATA that exceeds a window of the server is FLOW_CONTROL_ERROR.",
            (beyond_the_windows,),
            FLOW_CONTROL_OF_STREAM + FLOW_CONTROL,
            settings=SHUT,
            replenish=False,
        ),
        Case(
            "rfc9113-6.9.1-connection-window-comes-back",
            "The server grants connection window for the DATA of all streams.",
            (granted_again,),
            answered,
            stream=0,
            check=connection_window_granted,
            probe=False,
        ),
        Case(
            "rfc9113-6.9.2-opened-by-settings",
            "SETTINGS_INITIAL_WINDOW_SIZE changes the windows of the streams that are open.",
            (f.call(), arrives(0), f.settings((h2.INITIAL_WINDOW_SIZE, 65535))),
            answered,
            settings=SHUT,
            replenish=False,
        ),
        Case(
            "rfc9113-6.9.2-last-of-several-values",
            "The last of several values in one SETTINGS frame counts: here 1, so one byte of DATA arrives.",
            (
                f.settings((h2.INITIAL_WINDOW_SIZE, 100), (h2.INITIAL_WINDOW_SIZE, 1)),
                f.call(),
                arrives(1),
                f.window_update(1000, 1),
            ),
            answered,
            replenish=False,
        ),
        Case(
            "rfc9113-6.9.2-opened-by-the-difference",
            "SETTINGS_INITIAL_WINDOW_SIZE changes windows by the difference between the new and the old value.",
            (f.call(), arrives(5), f.settings((h2.INITIAL_WINDOW_SIZE, 9)), arrives(9), f.window_update(1000, 1)),
            answered,
            settings=((h2.INITIAL_WINDOW_SIZE, 5),),
            replenish=False,
        ),
        Case(
            "rfc9113-6.9.2-below-zero",
            "A window may become negative; the server sends DATA only when it is above 0 again.",
            (
                f.call(),
                arrives(8),
                f.settings((h2.INITIAL_WINDOW_SIZE, 2)),  # -6
                f.window_update(6, 1),  # 0
                arrives(8),
                f.window_update(1, 1),
                arrives(9),
                f.window_update(1000, 1),
            ),
            answered,
            settings=((h2.INITIAL_WINDOW_SIZE, 8),),
            replenish=False,
        ),
        Case(
            "rfc9113-6.9.2-connection-unchanged",
            "SETTINGS_INITIAL_WINDOW_SIZE does not change the connection's window.",
            (
                f.settings((h2.INITIAL_WINDOW_SIZE, 1 << 20)),
                fill_the_connection_window,
                arrives(LEFT_BYTES),
                f.window_update(60019 - LEFT_BYTES),
            ),
            answered,
            stream=3,
            replies=("x" * 60000,),
            replenish=False,
        ),
        Case(
            "rfc9113-6.9.2-past-2-31",
            "SETTINGS that raise the window of an open stream above 2^31-1 are a connection error.",
            (f.chat() + f.window_update(1, 1) + f.settings((h2.INITIAL_WINDOW_SIZE, MOST)),),
            FLOW_CONTROL,
        ),
    ),
)

"""Makes the calls of a lawful client and checks every reply.

    lawful_calls.py TARGET CONNECTIONS

CONNECTIONS clients call at once until standard input ends. Exit code 1 if a reply was lost or wrong.
"""

import sys
import threading
from concurrent import futures
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import raw_http2 as h2
import suite

SECONDS = 120


def echo_request(text, count=0, interval_ms=0):
    return suite.echo_pb2.EchoRequest(message=text, count=count, interval_ms=interval_ms).SerializeToString()


def texts(response):
    return [suite.echo_pb2.EchoReply.FromString(each).message for each in response.messages]


class Client:
    """Calls on one connection. Like every gRPC client, it repeats a call that the server did not process: a GOAWAY with
    NO_ERROR may come while no call is open (RFC 9113 6.8)."""

    MOST_TRIES = 10

    def __init__(self, target):
        self._target = target
        self._connection = h2.Connection(target)

    def close(self):
        self._connection.close()

    def call(self, path, *payloads):
        for _ in range(self.MOST_TRIES):
            response = self._try(path, payloads)
            if response is not None:
                assert response.status == 0, response.trailers
                return texts(response)
            self._connection.close()
            self._connection = h2.Connection(self._target)
        raise AssertionError(f"{self.MOST_TRIES} connections were closed before a call was processed")

    def _try(self, path, payloads):
        """The response, or None if the call was not processed."""
        connection = self._connection
        try:
            stream = connection.call(path, *payloads)
            return connection.response(stream, SECONDS)
        except h2.Closed:
            connection.receive_to_the_end(SECONDS)
            stream = connection.new_stream()
        except AssertionError:
            if connection.goaway is None:
                raise
        last, code, reason = connection.goaway or (stream, None, "closed without GOAWAY")
        assert code == h2.NO_ERROR and last < stream, f"a call was lost: {reason}"
        return None


def work(target, name, rounds=1):
    """One client: unary calls, streams of replies, and streams in both directions. Nothing may be lost or out of order."""
    client = Client(target)
    for turn in range(rounds):
        text = f"{name}/{turn}"
        assert client.call("/echo.Echo/Reply", echo_request(text)) == [f"You said: {text}"]
        replies = client.call("/echo.Echo/ReplyStream", echo_request(text * 40, count=40))
        assert replies == [f"You said: {text * 40}"] * 40, replies
        replies = client.call("/echo.Echo/Chat", *(echo_request(f"{text} {number}") for number in range(40)))
        assert replies == [f"You said: {text} {number}" for number in range(40)], replies
    client.close()


def main():
    target, connections = sys.argv[1], int(sys.argv[2])
    over = threading.Event()

    def client(number):
        turns = 0
        while not over.is_set():
            work(target, f"{number}.{turns}")
            turns += 1
        return turns

    with futures.ThreadPoolExecutor(connections) as pool:
        clients = [pool.submit(client, number) for number in range(connections)]
        sys.stdin.read()
        over.set()
        print(sum(each.result() for each in clients))


if __name__ == "__main__":
    main()

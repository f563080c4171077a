"""Python grpcio as a client program (harness.py has the protocol).

    grpcio.py TARGET
"""

import collections
import os
import queue
import sys
import threading
from pathlib import Path

import grpc

PATIENCE_SECONDS = 60
OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


class Order:
    """One line of the harness: the calls to make."""

    def __init__(self, words):
        self.messages, self.metadata = [], []
        options = {}
        for word in words:
            key, _, value = word.partition("=")
            if key == "message":
                self.messages.append(bytes.fromhex(value))
            elif key == "metadata":
                name, _, data = value.partition(":")
                data = bytes.fromhex(data)
                self.metadata.append((name, data if name.endswith("-bin") else data.decode()))
            else:
                options[key] = value
        self.kind, self.path = options["kind"], options["path"]
        self.messages *= int(options.get("copies", 1))
        self.timeout = int(options.get("timeout-ms", PATIENCE_SECONDS * 1000)) / 1000
        self.cancel_after = int(options["cancel-after"]) if "cancel-after" in options else None
        self.lockstep = "lockstep" in options
        self.numbered = options.get("numbered")
        self.times, self.at_once = int(options.get("times", 1)), int(options.get("at-once", 1))
        self.until_failure = "until-failure" in options


class Calls:
    """Makes the calls of an order and counts their outcomes."""

    def __init__(self, channel, order):
        self._channel, self._order = channel, order
        self._lock = threading.Lock()
        self._next = 0
        self._with_reply = 0
        self._outcomes = collections.Counter()
        self._replies = 0
        self._last = None

    def run(self):
        threads = [threading.Thread(target=self._work) for _ in range(self._order.at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for (code, text), count in self._outcomes.items():
            print(f"outcome {code} {count} {text.encode().hex()}")
        call, replies = self._last
        for name, metadata in (("initial", call.initial_metadata()), ("trailing", call.trailing_metadata())):
            for key, value in metadata or ():
                print(name, key, (value if isinstance(value, bytes) else value.encode()).hex())
        if self._order.times == 1:
            for reply in replies:
                print(f"reply {reply.hex()}")
        print(f"replies {self._replies}\ndone", flush=True)

    def _work(self):
        while True:
            with self._lock:
                number = self._next
                if number >= self._order.times:
                    return
                self._next += 1
            if not self._one(number) and self._order.until_failure:
                with self._lock:
                    self._next = self._order.times

    def _note_reply(self, replies, reply):
        replies.append(reply)
        with self._lock:
            self._replies += 1
            if len(replies) > 1:
                return
            self._with_reply += 1
            if self._with_reply == self._order.at_once:
                print("started", flush=True)

    def _one(self, number):
        order = self._order
        metadata = [*order.metadata, *([(order.numbered, str(number))] if order.numbered else [])]
        replies = []
        call = None
        try:
            call = self._call(metadata, replies)
        except grpc.RpcError as error:
            call = error
        except grpc.FutureCancelledError:
            pass
        code = call.code().value[0]
        with self._lock:
            self._outcomes[code, call.details() or ""] += 1
            self._last = call, replies
        return code == 0

    def _call(self, metadata, replies):
        order, named = self._order, {"timeout": self._order.timeout, "metadata": metadata}
        if order.kind in ("unary", "client"):
            make = self._channel.unary_unary if order.kind == "unary" else self._channel.stream_unary
            request = order.messages[0] if order.kind == "unary" else iter(order.messages)
            if order.cancel_after is not None:
                call = make(order.path).future(request, **named)
                call.cancel()
                return call
            reply, call = make(order.path).with_call(request, **named)
            self._note_reply(replies, reply)
            return call
        if order.kind == "server":
            call = self._channel.unary_stream(order.path)(order.messages[0], **named)
            return self._read(call, replies)
        if not order.lockstep:
            return self._read(self._channel.stream_stream(order.path)(iter(order.messages), **named), replies)
        requests = queue.SimpleQueue()
        call = self._channel.stream_stream(order.path)(iter(requests.get, None), **named)
        for message in order.messages:
            requests.put(message)
            self._note_reply(replies, next(call))
        requests.put(None)
        return self._read(call, replies)

    def _read(self, call, replies):
        if self._order.cancel_after == 0:
            call.cancel()
            return call
        for reply in call:
            self._note_reply(replies, reply)
            if len(replies) == self._order.cancel_after:
                call.cancel()
                break
        return call


def channel_to(target):
    if not target.startswith("tls:"):
        return grpc.insecure_channel(target, options=OPTIONS)
    files = [os.environ.get(name) for name in ("PEERS_CA", "PEERS_KEY", "PEERS_CERTIFICATE")]
    credentials = grpc.ssl_channel_credentials(*(Path(file).read_bytes() if file else None for file in files))
    return grpc.secure_channel(target.removeprefix("tls:"), credentials, options=OPTIONS)


def main():
    with channel_to(sys.argv[1]) as channel:
        for line in sys.stdin:
            verb, *words = line.split()
            if verb == "version":
                print("version", grpc.__version__, flush=True)
            else:
                Calls(channel, Order(words)).run()


if __name__ == "__main__":
    main()

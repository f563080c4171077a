"""Calls of every kind without a pause, which must all succeed."""

import collections
import threading

import grpc

import echo_pb2
import echo_pb2_grpc

PATIENCE_SECONDS = 60
# REFUSED_STREAM, in the words of gRPC's C core: the call was not processed, and may be repeated (RFC 9113 8.7).
REFUSED = "RST_STREAM with error code 7"
KINDS = ("Reply", "ReplyStream", "Collect", "Chat")


def channel(target, certificates, name):
    credentials = grpc.ssl_channel_credentials((certificates / "ca.pem").read_bytes())
    options = (("grpc.ssl_target_name_override", name), ("grpc.use_local_subchannel_pool", 1))
    return grpc.secure_channel(target, credentials, options)


def requests(count):
    return (echo_pb2.EchoRequest(message=str(number)) for number in range(count))


def reply(stub):
    return stub.Reply(echo_pb2.EchoRequest(message="m"), timeout=PATIENCE_SECONDS).message == "You said: m"


def reply_stream(stub):
    asked = echo_pb2.EchoRequest(message="m", count=20, interval_ms=10)
    return [got.number for got in stub.ReplyStream(asked, timeout=PATIENCE_SECONDS)] == [*range(1, 21)]


def collect(stub):
    return stub.Collect(requests(20), timeout=PATIENCE_SECONDS).messages == 20


def chat(stub):
    """Each message waits for the reply to the one before it."""
    answered = threading.Semaphore(1)

    def messages():
        for one in requests(20):
            answered.acquire()
            yield one

    numbers = []
    for got in stub.Chat(messages(), timeout=PATIENCE_SECONDS):
        numbers.append(got.number)
        answered.release()
    return numbers == [*range(1, 21)]


MAKE = dict(zip(KINDS, (reply, reply_stream, collect, chat), strict=True))


class Load:
    """Two threads for each kind of call. `failures` has the calls that failed. `repeats`: a call that was refused is repeated."""

    def __init__(self, target, certificates, name, repeats=True):
        self._repeats = repeats
        self._channel = channel(target, certificates, name)
        self._stub = echo_pb2_grpc.EchoStub(self._channel)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(kind,)) for kind in KINDS for _ in range(2)]
        self._lock = threading.Lock()
        self.calls = collections.Counter()
        self.failures = []

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._channel.close()

    def _work(self, kind):
        while not self._over.is_set():
            problem = None
            try:
                if not MAKE[kind](self._stub):
                    problem = "the reply differs"
            except grpc.RpcError as error:
                if self._repeats and REFUSED in error.details():
                    continue
                problem = f"{error.code().name}: {error.details()}"
            with self._lock:
                self.calls[kind] += 1
                if problem:
                    self.failures.append(f"{kind}: {problem}")

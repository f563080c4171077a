"""A request stream that a test feeds while the call is running."""

import threading

from suite import echo_pb2


class RequestStream:
    def __init__(self):
        self._changed = threading.Condition()
        self._requests = []
        self._is_over = False

    def send(self, message, **fields):
        with self._changed:
            self._requests.append(echo_pb2.EchoRequest(message=message, **fields))
            self._changed.notify()

    def close(self):
        """Half-closes the stream."""
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def __iter__(self):
        return self

    def __next__(self):
        with self._changed:
            self._changed.wait_for(lambda: self._requests or self._is_over)
            if self._requests:
                return self._requests.pop(0)
            raise StopIteration

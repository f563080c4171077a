"""gRPC's interoperability cases (doc/interop-test-descriptions.md of grpc/grpc) on Debian's grpcio.

    interop_client.py --server_port=PORT [--server_host=HOST] [--test_case=NAME]

Prints a line for each case, "NAME: passed" or "NAME: FAILED: REASON", and exits with 1 if one failed. Without --test_case it
runs all cases. The stubs of interop.proto are on PYTHONPATH.
"""

import argparse
import queue
import sys
import threading
import time

import grpc
import interop_pb2 as pb
import interop_pb2_grpc

# Much longer than any call: a call that exceeds it hangs.
PATIENCE = 30

REQUEST_SIZES = (27182, 8, 1828, 45904)
RESPONSE_SIZES = (31415, 9, 2653, 58979)
LARGE_REQUEST = 271828
LARGE_RESPONSE = 314159
INITIAL_KEY, INITIAL_VALUE = "x-grpc-test-echo-initial", "test_initial_metadata_value"
TRAILING_KEY, TRAILING_VALUE = "x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"
SPECIAL_MESSAGE = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"


class Failure(Exception):
    """The server did not answer as the document requires."""


def expect(got, wanted, what):
    if got != wanted:
        raise Failure(f"{what} is {shortened(got)}, not {shortened(wanted)}")


def shortened(value):
    if isinstance(value, list):
        return f"[{', '.join(map(shortened, value))}]"
    return f"{type(value).__name__} of {value.ByteSize()} bytes" if hasattr(value, "ByteSize") else repr(value)


def zeros(size):
    return pb.Payload(body=bytes(size))


def large_request():
    return pb.SimpleRequest(response_size=LARGE_RESPONSE, payload=zeros(LARGE_REQUEST))


def output_request(*response_sizes, size=None, interval_us=0):
    parameters = [pb.ResponseParameters(size=each, interval_us=interval_us) for each in response_sizes]
    payload = None if size is None else zeros(size)
    return pb.StreamingOutputCallRequest(response_parameters=parameters, payload=payload)


def output_response(size):
    return pb.StreamingOutputCallResponse(payload=zeros(size))


class Requests:
    """A request stream to which a case writes one message at a time."""

    _END = object()

    def __init__(self):
        self._messages = queue.SimpleQueue()

    def send(self, message):
        self._messages.put(message)

    def half_close(self):
        self._messages.put(self._END)

    def __iter__(self):
        return self

    def __next__(self):
        message = self._messages.get()
        if message is self._END:
            raise StopIteration
        return message


def error_of(call):
    """Makes a call, or reads the stream that it returns, and returns the error at its end."""
    try:
        result = call()
        if hasattr(result, "__next__"):
            list(result)
    except grpc.RpcError as error:
        return error
    raise Failure("the call ended with OK")


def expect_status(call, code, details=None):
    error = error_of(call)
    expect(error.code(), code, "the status code")
    if details is not None:
        expect(error.details(), details, "the status message")


# --- The cases of the document ---


def empty_unary(stub, _):
    reply = stub.EmptyCall(pb.Empty(), timeout=PATIENCE)
    expect(reply.ByteSize(), 0, "the size of the response")


def large_unary(stub, _):
    expect(
        stub.UnaryCall(large_request(), timeout=PATIENCE),
        pb.SimpleResponse(payload=zeros(LARGE_RESPONSE)),
        "the response",
    )


def client_streaming(stub, _):
    requests = (pb.StreamingInputCallRequest(payload=zeros(size)) for size in REQUEST_SIZES)
    reply = stub.StreamingInputCall(requests, timeout=PATIENCE)
    expect(reply.aggregated_payload_size, 74922, "aggregated_payload_size")


def server_streaming(stub, _):
    replies = list(stub.StreamingOutputCall(output_request(*RESPONSE_SIZES), timeout=PATIENCE))
    expect(len(replies), 4, "the number of responses")
    for reply, size in zip(replies, RESPONSE_SIZES):
        expect(reply, output_response(size), f"the response of {size} bytes")


def ping_pong(stub, _):
    requests = Requests()
    replies = stub.FullDuplexCall(requests, timeout=PATIENCE)
    try:
        for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
            requests.send(output_request(response_size, size=request_size))
            expect(next(replies, None), output_response(response_size), f"the response of {response_size} bytes")
    finally:
        requests.half_close()
    expect(list(replies), [], "what follows four responses")


def empty_stream(stub, _):
    expect(list(stub.FullDuplexCall(iter(()), timeout=PATIENCE)), [], "the list of responses")


def timeout_on_sleeping_server(stub, _):
    requests = Requests()
    requests.send(pb.StreamingOutputCallRequest(payload=zeros(27182)))
    try:
        expect_status(lambda: stub.FullDuplexCall(requests, timeout=0.001), grpc.StatusCode.DEADLINE_EXCEEDED)
    finally:
        requests.half_close()


def cancel_after_begin(stub, _):
    requests = Requests()
    call = stub.StreamingInputCall.future(requests, timeout=PATIENCE)
    call.cancel()
    requests.half_close()
    expect(call.cancelled(), True, "whether the call is cancelled")
    expect(call.code(), grpc.StatusCode.CANCELLED, "the status code")


def cancel_after_first_response(stub, _):
    requests = Requests()
    replies = stub.FullDuplexCall(requests, timeout=PATIENCE)
    requests.send(output_request(31415, size=27182))
    try:
        expect(next(replies, None), output_response(31415), "the response")
        replies.cancel()
        expect_status(lambda: replies, grpc.StatusCode.CANCELLED)
    finally:
        requests.half_close()


def custom_metadata(stub, _):
    metadata = ((INITIAL_KEY, INITIAL_VALUE), (TRAILING_KEY, TRAILING_VALUE))

    def check(call, kind):
        initial = [value for key, value in call.initial_metadata() if key == INITIAL_KEY]
        expect(initial, [INITIAL_VALUE], f"{INITIAL_KEY} in the initial metadata of the {kind} call")
        trailing = [value for key, value in call.trailing_metadata() if key == TRAILING_KEY]
        expect(trailing, [TRAILING_VALUE], f"{TRAILING_KEY} in the trailing metadata of the {kind} call")

    reply, call = stub.UnaryCall.with_call(large_request(), metadata=metadata, timeout=PATIENCE)
    expect(len(reply.payload.body), LARGE_RESPONSE, "the size of the payload")
    check(call, "unary")

    request = output_request(LARGE_RESPONSE, size=LARGE_REQUEST)
    call = stub.FullDuplexCall(iter((request,)), metadata=metadata, timeout=PATIENCE)
    expect([len(reply.payload.body) for reply in call], [LARGE_RESPONSE], "the list of payload sizes")
    check(call, "full duplex")


def status_code_and_message(stub, _):
    status = pb.EchoStatus(code=2, message="test status message")
    wanted = (grpc.StatusCode.UNKNOWN, "test status message")
    expect_status(lambda: stub.UnaryCall(pb.SimpleRequest(response_status=status), timeout=PATIENCE), *wanted)
    request = pb.StreamingOutputCallRequest(response_status=status)
    expect_status(lambda: stub.FullDuplexCall(iter((request,)), timeout=PATIENCE), *wanted)


def special_status_message(stub, _):
    request = pb.SimpleRequest(response_status=pb.EchoStatus(code=2, message=SPECIAL_MESSAGE))
    expect_status(lambda: stub.UnaryCall(request, timeout=PATIENCE), grpc.StatusCode.UNKNOWN, SPECIAL_MESSAGE)


def unimplemented_method(stub, _):
    expect_status(lambda: stub.UnimplementedCall(pb.Empty(), timeout=PATIENCE), grpc.StatusCode.UNIMPLEMENTED)


def unimplemented_service(_, channel):
    stub = interop_pb2_grpc.UnimplementedServiceStub(channel)
    expect_status(lambda: stub.UnimplementedCall(pb.Empty(), timeout=PATIENCE), grpc.StatusCode.UNIMPLEMENTED)


# --- Requirements of the document for which it has no case ---


def half_duplex(stub, _):
    requests = Requests()
    replies = stub.HalfDuplexCall(requests, timeout=PATIENCE)
    heard = []

    def read():
        try:
            heard.extend(len(reply.payload.body) for reply in replies)
        except grpc.RpcError as error:
            heard.append(error.code())

    reader = threading.Thread(target=read)
    reader.start()
    for size in RESPONSE_SIZES:
        requests.send(output_request(size, size=100))
    reader.join(0.2)
    before = list(heard)
    requests.half_close()
    reader.join(PATIENCE)
    expect(before, [], "the responses before the half-close")
    expect(heard, list(RESPONSE_SIZES), "the list of payload sizes")


def response_intervals(stub, _):
    for name, call in (
        ("StreamingOutputCall", lambda request: stub.StreamingOutputCall(request, timeout=PATIENCE)),
        ("FullDuplexCall", lambda request: stub.FullDuplexCall(iter((request,)), timeout=PATIENCE)),
    ):
        started = time.monotonic()
        times = [time.monotonic() - started for _ in call(output_request(1, 2, 3, interval_us=50_000))]
        expect(len(times), 3, f"the number of responses of {name}")
        early = [moment for number, moment in enumerate(times, 1) if moment < number * 0.05]
        expect(early, [], f"the list of early responses of {name}")


def unknown_payload_type(stub, _):
    for unknown in (1, -1):
        request = pb.SimpleRequest(response_type=unknown, response_size=1)
        expect_status(lambda: stub.UnaryCall(request, timeout=PATIENCE), grpc.StatusCode.INVALID_ARGUMENT)


CASES = (
    empty_unary,
    large_unary,
    client_streaming,
    server_streaming,
    ping_pong,
    empty_stream,
    timeout_on_sleeping_server,
    cancel_after_begin,
    cancel_after_first_response,
    custom_metadata,
    status_code_and_message,
    special_status_message,
    unimplemented_method,
    unimplemented_service,
    half_duplex,
    response_intervals,
    unknown_payload_type,
)


def run(case, channel):
    """Runs one case and prints its result. Returns False if it failed."""
    try:
        case(interop_pb2_grpc.TestServiceStub(channel), channel)
    except Failure as failure:
        outcome = f"FAILED: {failure}"
    except grpc.RpcError as error:
        outcome = f"FAILED: {error.code()} {error.details()}"
    else:
        outcome = "passed"
    print(f"{case.__name__}: {outcome}", flush=True)
    return outcome == "passed"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server_host", default="127.0.0.1")
    parser.add_argument("--server_port", type=int, required=True)
    parser.add_argument("--test_case", choices=[case.__name__ for case in CASES])
    parser.add_argument("--use_tls", choices=("false",), default="false")
    arguments = parser.parse_args()
    chosen = [case for case in CASES if arguments.test_case in (None, case.__name__)]
    with grpc.insecure_channel(f"{arguments.server_host}:{arguments.server_port}") as channel:
        outcomes = [run(case, channel) for case in chosen]
    sys.exit(0 if all(outcomes) else 1)


if __name__ == "__main__":
    main()

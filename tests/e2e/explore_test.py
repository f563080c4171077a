"""The commands list, describe and call of mote-device, with the gateway and with a server of another project.

MOTE_TEST_DEVICE is the program. The other server has every kind of field (tests/features/every.proto), an older reflection, and
sends each file without its imports.
"""

import json
import os
import struct
import subprocess
import unittest
from concurrent import futures

import every_pb2
import grpc
from google.protobuf import json_format, timestamp_pb2
from v1alpha import reflection_pb2 as v1alpha
from v1alpha import reflection_pb2_grpc as v1alpha_grpc

import suite
from suite import PATIENCE, FreshGatewayTestCase

DEVICE = os.environ["MOTE_TEST_DEVICE"]
FILES = {file.name: file for file in (every_pb2.DESCRIPTOR, *every_pb2.DESCRIPTOR.dependencies)}


def device(*arguments, code=0):
    """Runs it, and returns its output if `code` is 0, else its error."""
    result = subprocess.run([DEVICE, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE,
                            stdin=subprocess.DEVNULL, check=False)
    assert result.returncode == code, (result.returncode, result.stdout, result.stderr)
    assert bool(result.stderr) == bool(code), result.stderr
    return result.stderr if code else result.stdout


def objects(output):
    """The JSON objects that follow each other in a text."""
    decoder = json.JSONDecoder()
    found = []
    while output.strip():
        value, end = decoder.raw_decode(output.lstrip())
        output = output.lstrip()[end:]
        found.append(value)
    return found


class Gateway(FreshGatewayTestCase):
    def test_list(self):
        services = ["echo.Echo", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                    "grpc.reflection.v1alpha.ServerReflection"]
        self.assertEqual(device("list", self.gateway.target).splitlines(), services)
        self.assertEqual(device("list", self.gateway.target, "echo.Echo").splitlines(),
                         ["echo.Echo/Reply", "echo.Echo/ReplyStream", "echo.Echo/Collect", "echo.Echo/Chat"])

    def test_describe(self):
        self.assertEqual(device("describe", self.gateway.target, "echo.EchoSummary"),
                         "message echo.EchoSummary {\n  uint64 messages = 1;\n  uint64 bytes = 2;\n  uint64 duration_us = 3;\n}\n")
        self.assertEqual(device("describe", self.gateway.target, "echo.Echo.Chat"),
                         "rpc Chat(stream echo.EchoRequest) returns (stream echo.EchoReply);\n")
        everything = device("describe", self.gateway.target)
        self.assertEqual(everything.count("service "), 4)
        self.assertIn("  rpc ReplyStream(echo.EchoRequest) returns (stream echo.EchoReply);\n", everything)

    def test_calls(self):
        reply = device("call", self.gateway.target, "echo.Echo/Reply", '{"message": "h\\u00e9 \\ud83d\\ude00\\n"}')
        self.assertEqual(json.loads(reply), {"message": "You said: h\u00e9 \U0001f600\n"})
        stream = device("call", self.gateway.target, "echo.Echo/ReplyStream", '{"message": "m", "count": 3}')
        self.assertEqual(objects(stream), [{"message": "You said: m", "number": number} for number in (1, 2, 3)])
        self.assertEqual(json.loads(device("call", self.gateway.target, "grpc.health.v1.Health/Check")), {"status": "SERVING"})

    def test_errors(self):
        target = self.gateway.target
        for words, error in (
            (["call", target, "grpc.health.v1.Health/Check", '{"service": "x"}'], "NOT_FOUND: unknown service x"),
            (["call", target, "none.None/Reply"], "NOT_FOUND: no symbol none.None"),
            (["call", target, "echo.Echo/None"], "echo.Echo/None: the server does not describe it"),
            (["describe", target, "none"], "NOT_FOUND: no symbol none"),
            (["list", target, "echo.EchoReply"], "echo.EchoReply: the server does not describe it"),
        ):
            self.assertEqual(device(*words, code=1), f"mote-device: {error}\n")
        for words, error in (
            (["call", target, "echo.Echo/Chat"], "echo.Echo/Chat: the method receives a stream, and call sends one message"),
            (["call", target, "echo.Echo"], "echo.Echo: write SERVICE/METHOD"),
            (["call", target], "call: call HOST SERVICE/METHOD [JSON]"),
            (["list", target, "a", "b"], "list: list HOST [SERVICE]"),
            (["list", target, "--deadline", "0"], "--deadline: 0 is out of range (from 1 to 86400000)"),
            (["list", target, "--dead", "1"], "unknown flag --dead, the nearest is --deadline"),
            (["list", target, "--count", "1"], "unknown flag --count, the nearest is --tls-cert"),
            (["list", target, "-H", "name"], "-H: write NAME: VALUE"),
            (["list", target, "-H"], "-H: the value is missing"),
            (["list", target, "--tls-cert", "x"], "--tls-cert: this needs --tls-ca too"),
            (["list", target, "--tls-ca", "/none"], "--tls-ca: /none: No such file or directory"),
            (["list", "host:port"], "host:port: the port is not a number from 1 to 65535"),
        ):
            self.assertEqual(device(*words, code=2), f"mote-device: {error}\n")
        for text, place, error in (
            ('{"mesage": 1}', 9, "mesage: the message has no such field"),
            ('{"message": 1}', 12, "message: a string is expected"),
            ('{"count": -1}', 12, "count: a number in the range of the field is expected"),
            ('{"count": 4294967296}', 20, "count: a number in the range of the field is expected"),
            ('{"timing": 1}', 12, "timing: true or false is expected"),
            ('{"message": "m"', 15, "',' or '}' is expected"),
            ('{"message": "\\ud800"}', 19, "message: a string is expected"),
            ('{} {}', 3, "something follows the object"),
            ("[]", 0, "an object is expected: {...}"),
            ("", 0, "an object is expected: {...}"),
        ):
            got = device("call", target, "echo.Echo/Reply", text, code=2)
            self.assertEqual(got, f"mote-device: JSON, before byte {place}: {error}\n")

    def test_a_server_without_reflection(self):
        self.start("--reflection", "off")
        self.assertEqual(device("list", self.gateway.target, code=1),
                         "mote-device: UNIMPLEMENTED: the server has no reflection, or it is turned off\n")

    def test_no_server(self):
        self.gateway.stop()
        self.assertRegex(device("list", self.gateway.target, "--deadline", 300, code=1), "^mote-device: (UNAVAIL|DEADLINE)")


class OlderReflection(v1alpha_grpc.ServerReflectionServicer):
    def ServerReflectionInfo(self, request_iterator, context):
        for request in request_iterator:
            response = v1alpha.ServerReflectionResponse(original_request=request)
            if request.file_containing_symbol.startswith("every.v1."):
                file = every_pb2.DESCRIPTOR
            else:
                file = FILES.get(request.file_by_filename)
            if file:
                response.file_descriptor_response.file_descriptor_proto.append(file.serialized_pb)
            elif request.HasField("list_services"):
                response.list_services_response.service.add(name="every.v1.Every")
            else:
                response.error_response.error_code = grpc.StatusCode.NOT_FOUND.value[0]
                response.error_response.error_message = "no"
            yield response


class EveryKindOfField(unittest.TestCase):
    """The server returns each message as it came; protobuf's JSON is the reference in both directions."""

    def setUp(self):
        self.server = grpc.server(futures.ThreadPoolExecutor(4))
        v1alpha_grpc.add_ServerReflectionServicer_to_server(OlderReflection(), self.server)
        self.received = []
        self.metadata = []

        def same(message, context):
            self.received.append(message)
            self.metadata = [entry for entry in context.invocation_metadata() if entry[0] in ("room", "authorization")]
            return message

        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("every.v1.Every", {
            "Same": grpc.unary_unary_rpc_method_handler(same, every_pb2.Nested.FromString, every_pb2.Nested.SerializeToString),
            "Nothing": grpc.unary_unary_rpc_method_handler(
                lambda _, context: timestamp_pb2.Timestamp(seconds=-5, nanos=7).SerializeToString()),
        }),))
        self.target = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()
        self.addCleanup(lambda: self.server.stop(None).wait())

    def test_metadata(self):
        given = ("--metadata", "room=cold = store", "-H", "authorization: Bearer a:b", "-H", "room:7")
        device("call", self.target, "every.v1.Every/Same", *given)
        self.assertEqual(self.metadata, [("room", "cold = store"), ("authorization", "Bearer a:b"), ("room", "7")])

    def send(self, text):
        output = device("call", self.target, "every.v1.Every/Same", text)
        return self.received.pop(), json_format.Parse(output, every_pb2.Nested())

    def fill(self, source, message, depth=0):
        """Sets fields at random, with the ends of their ranges."""
        for field in message.DESCRIPTOR.fields:
            is_well_known = field.message_type and field.message_type.full_name.startswith("google.")
            if is_well_known or source.random() < 0.4:
                continue
            if field.message_type and field.message_type.GetOptions().map_entry:
                kinds = field.message_type.fields_by_name
                for _ in range(source.randrange(3)):
                    key = self.value(source, kinds["key"])
                    if kinds["value"].message_type:
                        getattr(message, field.name)[key].number = 1
                    else:
                        getattr(message, field.name)[key] = self.value(source, kinds["value"])
            elif field.message_type and depth < 4:
                if field.label == field.LABEL_REPEATED:
                    for _ in range(source.randrange(3)):
                        self.fill(source, getattr(message, field.name).add(), depth + 1)
                else:
                    getattr(message, field.name).SetInParent()
                    self.fill(source, getattr(message, field.name), depth + 1)
            elif field.message_type:
                continue
            elif field.label == field.LABEL_REPEATED:
                getattr(message, field.name).extend(self.value(source, field) for _ in range(source.randrange(4)))
            else:
                setattr(message, field.name, self.value(source, field))

    @staticmethod
    def value(source, field):
        kind = field.cpp_type
        choices = {
            field.CPPTYPE_INT32: (0, 1, -1, 2**31 - 1, -(2**31), source.randrange(-(2**31), 2**31)),
            field.CPPTYPE_INT64: (0, 1, -1, 2**63 - 1, -(2**63), source.randrange(-(2**63), 2**63)),
            field.CPPTYPE_UINT32: (0, 1, 2**32 - 1, source.randrange(2**32)),
            field.CPPTYPE_UINT64: (0, 1, 2**64 - 1, source.randrange(2**64)),
            field.CPPTYPE_DOUBLE: (0.0, -0.0, 0.1, 1e300, 5e-324, float("inf"), float("-inf"), source.gauss(0, 1e6)),
            field.CPPTYPE_FLOAT: (0.0, 0.5, 1e-38, float("inf"), struct.unpack("f", struct.pack("f", source.gauss(0, 1e6)))[0]),
            field.CPPTYPE_BOOL: (False, True),
            field.CPPTYPE_ENUM: (0, 1, -1, 77) if field.enum_type and field.enum_type.name == "Color" else (0, 1),
            field.CPPTYPE_STRING: ("", "a", "\u00e9\U0001f600\"\\/\n\t", "x" * 300),
        }[kind]
        chosen = source.choice(choices)
        if field.type == field.TYPE_BYTES:
            return bytes(source.randrange(256) for _ in range(source.randrange(8)))
        return chosen

    def test_random_messages(self):
        source = suite.seeded_random()
        for number in range(60):
            message = every_pb2.Nested()
            self.fill(source, message)
            text = json_format.MessageToJson(message, preserving_proto_field_name=number % 2 == 0)
            received, printed = self.send(text)
            self.assertEqual(received, message, text)
            self.assertEqual(printed, message, text)

    def test_names_and_forms_of_values(self):
        received, _ = self.send('{"level": {"kind": "SOME"}, "repeated": {"i32": [1, "2"], "color": ["GREEN", -1], "f64": ["NaN"], '
                                '"blob": ["_-8", "/+8=", ""]}, "map": {"colors": {"true": "RED"}}, "optional": {"i64": null, "u32": 0}}')
        self.assertEqual(received.level.kind, 1)
        self.assertEqual(list(received.repeated.i32), [1, 2])
        self.assertEqual(list(received.repeated.color), [1, -1])
        self.assertEqual(list(received.repeated.blob), [b"\xff\xef", b"\xff\xef", b""])
        self.assertNotEqual(received.repeated.f64[0], received.repeated.f64[0])
        self.assertEqual(dict(received.map.colors), {True: 0})
        self.assertEqual([field.name for field, _ in received.optional.ListFields()], ["u32"])

    def test_well_known_types_are_shown_with_their_fields(self):
        output = device("call", self.target, "every.v1.Every/Nothing")
        self.assertEqual(json.loads(output), {"seconds": "-5", "nanos": 7})

    def test_describe(self):
        self.assertEqual(device("list", self.target), "every.v1.Every\n")
        self.assertEqual(device("describe", self.target, "every.v1.Map"),
                         "message every.v1.Map {\n  map<string, string> texts = 1;\n  map<int32, every.v1.Inner> inner = 2;\n"
                         "  map<bool, every.v1.Color> colors = 3;\n  map<fixed64, bytes> blobs = 4;\n  map<sint64, double> numbers = 5;\n}\n")
        choice = device("describe", self.target, "every.v1.Choice")
        self.assertIn("  oneof kind {\n    string text = 1;\n", choice)
        self.assertIn("    google.protobuf.Struct document = 8;\n  }\n  oneof other {\n    string name = 9;\n    bool flag = 10;\n  }\n}", choice)
        self.assertIn("  optional every.v1.Color color = 16;\n", device("describe", self.target, "every.v1.Optional"))
        self.assertIn("  repeated bool flag = 13;\n", device("describe", self.target, "every.v1.Repeated"))
        self.assertEqual(device("describe", self.target, "every.v1.Nested.Level.Kind"),
                         "enum every.v1.Nested.Level.Kind {\n  NONE = 0;\n  SOME = 1;\n}\n")

    def test_deep_json(self):
        deep = '{"inner": [' * 150 + "]}" * 150
        self.assertIn("objects are nested too deep", device("call", self.target, "every.v1.Every/Same",
                                                            '{"level": {"inner": ' + deep + "}}", code=2))


if __name__ == "__main__":
    suite.main()

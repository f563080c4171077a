"""Server reflection, read by a client that grpcio has from gRPC's own .proto files, and by grpc-js-reflection-client.

MOTE_TEST_OWN is a gateway with services of its own, examples/plant.
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from v1 import reflection_pb2 as v1
from v1 import reflection_pb2_grpc as v1_grpc
from v1alpha import reflection_pb2 as v1alpha
from v1alpha import reflection_pb2_grpc as v1alpha_grpc

import suite
from suite import PATIENCE, EchoTestCase, FreshGatewayTestCase, gateway_only

HERE = Path(__file__).resolve().parent
VERSIONS = ((v1, v1_grpc), (v1alpha, v1alpha_grpc))
OWN_SERVICES = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"]


class Reflection:
    """A client of one version. Each function is a call with one request."""

    def __init__(self, channel, version=VERSIONS[0]):
        self.messages, services = version
        self.stub = services.ServerReflectionStub(channel)

    def ask(self, *requests):
        """The responses to requests, each {field: value}."""
        wanted = [self.messages.ServerReflectionRequest(host="h", **request) for request in requests]
        responses = list(self.stub.ServerReflectionInfo(iter(wanted), timeout=PATIENCE))
        assert [response.original_request for response in responses] == wanted
        assert {response.valid_host for response in responses} == {"h"}
        return responses

    def services(self):
        (response,) = self.ask({"list_services": "*"})
        return [service.name for service in response.list_services_response.service]

    def files(self, **request):
        (response,) = self.ask(request)
        assert response.HasField("file_descriptor_response"), response
        return [descriptor_pb2.FileDescriptorProto.FromString(file)
                for file in response.file_descriptor_response.file_descriptor_proto]

    def error(self, **request):
        (response,) = self.ask(request)
        return response.error_response.error_code, response.error_response.error_message

    def pool(self, symbol):
        """The declarations of the file that declares a symbol. protobuf checks them."""
        pool = descriptor_pool.DescriptorPool()
        files = {file.name: file for file in self.files(file_containing_symbol=symbol)}

        def add(name):
            if file := files.pop(name, None):
                for imported in file.dependency:
                    add(imported)
                pool.Add(file)

        for name in list(files):
            add(name)
        return pool

    def call(self, channel, path, request):
        """Calls a unary method without its .proto; messages are dictionaries."""
        service, _, method = path.partition("/")
        described = self.pool(service).FindServiceByName(service).FindMethodByName(method)
        factory = message_factory.MessageFactory()
        call = channel.unary_unary(
            f"/{path}",
            request_serializer=lambda values: json_format.ParseDict(
                values, factory.GetPrototype(described.input_type)()).SerializeToString(),
            response_deserializer=factory.GetPrototype(described.output_type).FromString)
        return json_format.MessageToDict(call(request, timeout=PATIENCE), preserving_proto_field_name=True)


class Describe(EchoTestCase):
    def setUp(self):
        super().setUp()
        self.clients = [Reflection(self.channel, version) for version in VERSIONS]

    def test_services(self):
        for client in self.clients:
            self.assertEqual(client.services(), ["echo.Echo", *OWN_SERVICES])

    def test_every_service_and_type_is_described(self):
        for client in self.clients:
            for service in client.services():
                described = client.pool(service).FindServiceByName(service)
                for method in described.methods:
                    for message in (method.input_type, method.output_type):
                        self.assertEqual(client.pool(message.full_name).FindMessageTypeByName(message.full_name).fields_by_name.keys(),
                                         message.fields_by_name.keys())

    def test_the_descriptor_is_that_of_protoc(self):
        (file,) = self.clients[0].files(file_by_filename="echo.proto")
        expected = descriptor_pb2.FileDescriptorProto()
        suite.echo_pb2.DESCRIPTOR.CopyToProto(expected)
        self.assertEqual(file, expected)

    def test_the_protocol_describes_itself(self):
        for client in self.clients:
            name = client.messages.DESCRIPTOR.package + ".ServerReflection"
            own = client.pool(name).FindServiceByName(name).file
            for message in client.messages.DESCRIPTOR.message_types_by_name.values():
                found = own.message_types_by_name[message.name]
                self.assertEqual([(field.name, field.number, field.type, field.label) for field in found.fields],
                                 [(field.name, field.number, field.type, field.label) for field in message.fields])

    def test_a_call_without_a_proto_file(self):
        for client in self.clients:
            reply = client.call(self.channel, "echo.Echo/Reply", {"message": "hello"})
            self.assertEqual(reply, {"message": "You said: hello"})
            reply = client.call(self.channel, "grpc.health.v1.Health/Check", {"service": "echo.Echo"})
            self.assertEqual(reply, {"status": "SERVING"})

    def test_errors(self):
        not_found = grpc.StatusCode.NOT_FOUND.value[0]
        for client in self.clients:
            self.assertEqual(client.error(file_by_filename="none.proto"), (not_found, "no file none.proto"))
            self.assertEqual(client.error(file_containing_symbol="echo.None"), (not_found, "no symbol echo.None"))
            self.assertEqual(client.error(all_extension_numbers_of_type="echo.None"), (not_found, "no message echo.None"))
            extension = client.messages.ExtensionRequest(containing_type="echo.EchoReply", extension_number=7)
            self.assertEqual(client.error(file_containing_extension=extension), (not_found, "no such extension of echo.EchoReply"))
            self.assertEqual(client.error()[0], grpc.StatusCode.INVALID_ARGUMENT.value[0])

    def test_many_requests_of_one_call(self):
        # More than the memory of a call has room for at once.
        requests = [{"file_containing_symbol": "grpc.reflection.v1.ServerReflection"}, {"file_by_filename": "none"}] * 1000
        responses = self.clients[0].ask(*requests)
        self.assertEqual([response.WhichOneof("message_response") for response in responses],
                         ["file_descriptor_response", "error_response"] * 1000)

    def test_grpc_js(self):
        if not shutil.which("node") or not (HERE / "node_modules/grpc-js-reflection-client").exists():
            self.skipTest("SKIPPED: node, or npm ci in tests/e2e, is missing")
        for version in ("v1", "v1alpha"):
            result = subprocess.run(["node", HERE / "reflection_test.js", version, self.gateway.target], capture_output=True,
                                    text=True, timeout=100, check=False)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


class Settings(FreshGatewayTestCase):
    @gateway_only
    def test_off(self):
        self.start("--reflection", "off")
        for version in VERSIONS:
            client = Reflection(self.channel, version)
            self.assert_status(grpc.StatusCode.UNIMPLEMENTED, client.services)
        for service in OWN_SERVICES[1:]:
            self.assert_status(grpc.StatusCode.NOT_FOUND, self.health.Check, suite.health_pb2.HealthCheckRequest(service=service))
        self.assertEqual(self.echo.Reply(suite.echo_pb2.EchoRequest(message="m"), timeout=PATIENCE).message, "You said: m")

    @gateway_only
    def test_services_of_a_program(self):
        self.start(command=shlex.split(os.environ["MOTE_TEST_OWN"]))
        client = Reflection(self.channel)
        self.assertEqual(client.services(), ["plant.v1.Telemetry", *OWN_SERVICES])
        self.assertEqual([file.name for file in client.files(file_containing_symbol="plant.v1.Telemetry")],
                         ["telemetry.proto", "google/protobuf/empty.proto", "google/protobuf/timestamp.proto"])
        reply = client.call(self.channel, "plant.v1.Telemetry/Configure", {"device": "pump", "interval_ms": 250})
        self.assertEqual(reply, {"device": "pump", "interval_ms": 250, "devices": ["pump"]})


if __name__ == "__main__":
    suite.main()

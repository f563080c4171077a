// gRPC's four interoperability cases of compression (doc/interop-test-descriptions.md of grpc/grpc) on the gRPC C++ library, which is
// the only one that tells its tests whether a message was compressed.
//
//   compression_client --server_port=PORT     prints a line for each case, and exits with 1 if one failed
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "compression_flags.h"
#include "interop.grpc.pb.h"

namespace {

using grpc::ClientContext;
using grpc::Status;
using grpc::testing::TestService;
using Stub = TestService::Stub;

constexpr std::chrono::seconds kPatience{30};
constexpr int kLargeRequest = 271828;
constexpr int kLargeResponse = 314159;

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void expect(bool holds, const std::string& what) {
  if (!holds) throw Failure(what);
}

void expect_ok(const Status& status) {
  expect(status.ok(), "status " + std::to_string(status.error_code()) + " " + status.error_message());
}

void expect_refused(const Status& status) {
  expect(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT,
         "status " + std::to_string(status.error_code()) + " for a request that is not compressed as expected");
}

struct Context : ClientContext {
  explicit Context(bool compressed) {
    set_deadline(std::chrono::system_clock::now() + kPatience);
    set_compression_algorithm(compressed ? GRPC_COMPRESS_GZIP : GRPC_COMPRESS_NONE);
  }
};

void expect_zeros(const std::string& body, std::size_t size) {
  expect(body == std::string(size, '\0'), "a payload of " + std::to_string(body.size()) + " bytes");
}

void expect_compression(const ClientContext& context, bool compressed) {
  const grpc::testing::InteropClientContextInspector inspector(context);
  expect(inspector.was_compressed() == compressed, compressed ? "a plain response" : "a compressed response");
  expect(!compressed || inspector.algorithm() != GRPC_COMPRESS_NONE, "no algorithm in the response");
}

Status send_unary(Stub& stub, bool compressed, bool expected) {
  Context context(compressed);
  grpc::testing::SimpleRequest request;
  request.mutable_expect_compressed()->set_value(expected);
  request.set_response_size(kLargeResponse);
  request.mutable_payload()->set_body(std::string(kLargeRequest, '\0'));
  grpc::testing::SimpleResponse response;
  const Status status = stub.UnaryCall(&context, request, &response);
  if (status.ok()) expect_zeros(response.payload().body(), kLargeResponse);
  return status;
}

void client_compressed_unary(Stub& stub) {
  expect_refused(send_unary(stub, false, true));
  expect_ok(send_unary(stub, true, true));
  expect_ok(send_unary(stub, false, false));
}

void server_compressed_unary(Stub& stub) {
  for (const bool compressed : {true, false}) {
    Context context(false);
    grpc::testing::SimpleRequest request;
    request.mutable_response_compressed()->set_value(compressed);
    request.set_response_size(kLargeResponse);
    request.mutable_payload()->set_body(std::string(kLargeRequest, '\0'));
    grpc::testing::SimpleResponse response;
    expect_ok(stub.UnaryCall(&context, request, &response));
    expect_compression(context, compressed);
    expect_zeros(response.payload().body(), kLargeResponse);
  }
}

grpc::testing::StreamingInputCallRequest input(int size, bool expected) {
  grpc::testing::StreamingInputCallRequest request;
  request.mutable_expect_compressed()->set_value(expected);
  request.mutable_payload()->set_body(std::string(static_cast<std::size_t>(size), '\0'));
  return request;
}

void client_compressed_streaming(Stub& stub) {
  constexpr int kFirst = 27182;
  constexpr int kSecond = 45904;
  {
    Context context(false);
    grpc::testing::StreamingInputCallResponse response;
    const auto stream = stub.StreamingInputCall(&context, &response);
    stream->Write(input(kFirst, true));
    stream->WritesDone();
    expect_refused(stream->Finish());
  }
  Context context(true);
  grpc::testing::StreamingInputCallResponse response;
  const auto stream = stub.StreamingInputCall(&context, &response);
  expect(stream->Write(input(kFirst, true)), "the compressed message was not taken");
  expect(stream->Write(input(kSecond, false), grpc::WriteOptions().set_no_compression()),
         "the plain message was not taken");
  stream->WritesDone();
  expect_ok(stream->Finish());
  expect(response.aggregated_payload_size() == kFirst + kSecond,
         "aggregated_payload_size " + std::to_string(response.aggregated_payload_size()));
}

void server_compressed_streaming(Stub& stub) {
  constexpr std::pair<bool, int> kWanted[] = {{true, 31415}, {false, 92653}};
  Context context(false);
  grpc::testing::StreamingOutputCallRequest request;
  for (const auto& [compressed, size] : kWanted) {
    auto* const one = request.add_response_parameters();
    one->mutable_compressed()->set_value(compressed);
    one->set_size(size);
  }
  const auto stream = stub.StreamingOutputCall(&context, request);
  grpc::testing::StreamingOutputCallResponse response;
  for (const auto& [compressed, size] : kWanted) {
    expect(stream->Read(&response), "a response is missing");
    expect_compression(context, compressed);
    expect_zeros(response.payload().body(), static_cast<std::size_t>(size));
  }
  expect(!stream->Read(&response), "a response too many");
  expect_ok(stream->Finish());
}

bool run(std::string_view name, void (*test)(Stub&), Stub& stub) {
  std::string outcome = "passed";
  try {
    test(stub);
  } catch (const Failure& failure) {
    outcome = std::string("FAILED: ") + failure.what();
  }
  std::cout << name << ": " << outcome << std::endl;
  return outcome == "passed";
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view kPort = "--server_port=";
  const std::string_view argument = argc == 2 ? argv[1] : "";
  if (!argument.starts_with(kPort)) {
    std::cerr << "usage: compression_client --server_port=PORT\n";
    return 2;
  }
  const std::string target = "127.0.0.1:" + std::string(argument.substr(kPort.size()));
  const auto stub = TestService::NewStub(grpc::CreateChannel(target, grpc::InsecureChannelCredentials()));
  bool passed = run("client_compressed_unary", client_compressed_unary, *stub);
  passed &= run("server_compressed_unary", server_compressed_unary, *stub);
  passed &= run("client_compressed_streaming", client_compressed_streaming, *stub);
  passed &= run("server_compressed_streaming", server_compressed_streaming, *stub);
  return passed ? 0 : 1;
}

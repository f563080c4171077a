// The methods that the cases of compression call, on the gRPC C++ library: to test compression_client.cpp.
//
//   compression_server --port=PORT     prints the ready line of mote-interop-server
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>
#include <string_view>

#include "compression_flags.h"
#include "interop.grpc.pb.h"

namespace {

using grpc::ServerContext;
using grpc::Status;
using grpc::WriteOptions;

const Status kNotAsExpected(grpc::StatusCode::INVALID_ARGUMENT, "the request is not compressed as expected");
constexpr int kMostMessageBytes = 512 * 1024;

template <class Request>
bool as_expected(const ServerContext& context, const Request& request) {
  const grpc::testing::InteropServerContextInspector inspector(context);
  return !request.has_expect_compressed() || request.expect_compressed().value() == inspector.was_compressed();
}

std::string zeros(int size) {
  return std::string(static_cast<std::size_t>(size), '\0');
}

class TestService final : public grpc::testing::TestService::Service {
  Status UnaryCall(ServerContext* context, const grpc::testing::SimpleRequest* request,
                   grpc::testing::SimpleResponse* response) override {
    if (!as_expected(*context, *request)) return kNotAsExpected;
    if (request->response_compressed().value()) context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
    response->mutable_payload()->set_body(zeros(request->response_size()));
    return Status::OK;
  }

  Status StreamingInputCall(ServerContext* context,
                            grpc::ServerReader<grpc::testing::StreamingInputCallRequest>* reader,
                            grpc::testing::StreamingInputCallResponse* response) override {
    grpc::testing::StreamingInputCallRequest request;
    int size = 0;
    while (reader->Read(&request)) {
      if (!as_expected(*context, request)) return kNotAsExpected;
      size += static_cast<int>(request.payload().body().size());
    }
    response->set_aggregated_payload_size(size);
    return Status::OK;
  }

  Status StreamingOutputCall(ServerContext* context, const grpc::testing::StreamingOutputCallRequest* request,
                             grpc::ServerWriter<grpc::testing::StreamingOutputCallResponse>* writer) override {
    context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
    grpc::testing::StreamingOutputCallResponse response;
    for (const auto& wanted : request->response_parameters()) {
      response.mutable_payload()->set_body(zeros(wanted.size()));
      WriteOptions options;
      if (!wanted.compressed().value()) options.set_no_compression();
      writer->Write(response, options);
    }
    return Status::OK;
  }
};

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view kPort = "--port=";
  const std::string_view argument = argc == 2 ? argv[1] : "";
  if (!argument.starts_with(kPort)) {
    std::cerr << "usage: compression_server --port=PORT\n";
    return 2;
  }
  // Before the library starts threads, which inherit it.
  sigset_t stop;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  TestService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:" + std::string(argument.substr(kPort.size())), grpc::InsecureServerCredentials(),
                           &port);
  builder.SetMaxReceiveMessageSize(kMostMessageBytes);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::cerr << "reference-server: ready on 127.0.0.1:" << port << std::endl;
  int signal = 0;
  ::sigwait(&stop, &signal);
  server->Shutdown();
  return 0;
}

// The Echo service on the gRPC C++ library, to test clients with. It accepts the flags of the gateway that it needs and
// prints the same ready line.
//
//   cpp_server --listen ADDRESS [--max-message-bytes N] [--fail-with TEXT]
#include <grpcpp/grpcpp.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "echo.grpc.pb.h"

namespace {

using echo::EchoReply;
using echo::EchoRequest;
using echo::EchoSummary;
using grpc::ServerContext;
using grpc::Status;

std::uint64_t now_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

std::string text_of(const grpc::string_ref& text) {
  return {text.data(), text.size()};
}

void echo_metadata(ServerContext& context) {
  for (const auto& [key, value] : context.client_metadata()) {
    if (!key.starts_with("x-echo-")) continue;
    context.AddInitialMetadata(text_of(key), text_of(value));
    context.AddTrailingMetadata(text_of(key), text_of(value));
  }
}

EchoReply reply_to(const EchoRequest& request, std::uint64_t received_us, std::uint32_t number) {
  EchoReply reply;
  reply.set_message("You said: " + request.message());
  reply.set_number(number);
  if (request.timing()) {
    reply.mutable_timing()->set_received_us(received_us);
    reply.mutable_timing()->set_sent_us(now_us());
  }
  return reply;
}

class Echo final : public echo::Echo::Service {
 public:
  explicit Echo(std::string fail_with) : fail_with_(std::move(fail_with)) {}

  Status Reply(ServerContext* context, const EchoRequest* request, EchoReply* reply) override {
    const std::uint64_t received_us = now_us();
    if (!fail_with_.empty()) return {grpc::StatusCode::FAILED_PRECONDITION, fail_with_};
    echo_metadata(*context);
    *reply = reply_to(*request, received_us, 0);
    return Status::OK;
  }

  Status ReplyStream(ServerContext* context, const EchoRequest* request,
                     grpc::ServerWriter<EchoReply>* stream) override {
    const std::uint64_t received_us = now_us();
    echo_metadata(*context);
    for (std::uint32_t number = 1; number <= std::max(request->count(), 1U); ++number) {
      if (number > 1) std::this_thread::sleep_for(std::chrono::milliseconds(request->interval_ms()));
      if (!stream->Write(reply_to(*request, received_us, number))) break;
    }
    return Status::OK;
  }

  Status Collect(ServerContext* context, grpc::ServerReader<EchoRequest>* stream, EchoSummary* summary) override {
    echo_metadata(*context);
    std::uint64_t first_us = 0;
    for (EchoRequest request; stream->Read(&request);) {
      if (first_us == 0) first_us = now_us();
      summary->set_messages(summary->messages() + 1);
      summary->set_bytes(summary->bytes() + request.message().size());
    }
    if (first_us != 0) summary->set_duration_us(now_us() - first_us);
    return Status::OK;
  }

  Status Chat(ServerContext* context, grpc::ServerReaderWriter<EchoReply, EchoRequest>* stream) override {
    echo_metadata(*context);
    std::uint32_t number = 0;
    for (EchoRequest request; stream->Read(&request);)
      stream->Write(reply_to(request, now_us(), ++number));
    return Status::OK;
  }

 private:
  std::string fail_with_;
};

// The value of a flag, or its default.
std::string flag(std::span<char*> arguments, std::string_view name, const char* otherwise) {
  const auto found = std::find(arguments.begin(), arguments.end(), name);
  return found == arguments.end() || std::next(found) == arguments.end() ? otherwise : *std::next(found);
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  const std::string listen = flag(arguments, "--listen", "127.0.0.1:0");
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  Echo service(flag(arguments, "--fail-with", ""));
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  builder.SetMaxReceiveMessageSize(std::stoi(flag(arguments, "--max-message-bytes", "65536")));
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server) return 1;
  const bool unix_socket = listen.starts_with("unix:");
  std::cerr << "version " << grpc::Version() << std::endl;
  std::cerr << "cpp-server: ready on "
            << (unix_socket ? listen : listen.substr(0, listen.rfind(':') + 1) + std::to_string(port)) << std::endl;
  int signal = 0;
  sigwait(&stop, &signal);
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}

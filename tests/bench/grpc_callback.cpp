// gRPC C++ with the callback API, as in the library's examples. An address that begins with "tls:" has TLS.
#include <absl/synchronization/mutex.h>
#include <grpcpp/grpcpp.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>

#include "echo.grpc.pb.h"

namespace {

using echo::EchoReply;
using echo::EchoRequest;
using echo::EchoSummary;

void say(const EchoRequest& request, EchoReply& reply) {
  reply.set_message("You said: " + request.message());
}

class Replies final : public grpc::ServerWriteReactor<EchoReply> {
 public:
  explicit Replies(const EchoRequest& request) : left_(request.count()) {
    say(request, reply_);
    next();
  }
  void OnWriteDone(bool /*ok*/) override { next(); }
  void OnDone() override { delete this; }

 private:
  void next() {
    if (left_ == 0) return Finish(grpc::Status::OK);
    --left_;
    reply_.set_number(reply_.number() + 1);
    StartWrite(&reply_);
  }

  EchoReply reply_;
  std::uint32_t left_;
};

class Collection final : public grpc::ServerReadReactor<EchoRequest> {
 public:
  explicit Collection(EchoSummary* summary) : summary_(summary) { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    summary_->set_messages(summary_->messages() + 1);
    summary_->set_bytes(summary_->bytes() + request_.message().size());
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  EchoSummary* summary_;
  EchoRequest request_;
};

class Conversation final : public grpc::ServerBidiReactor<EchoRequest, EchoReply> {
 public:
  Conversation() { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    say(request_, reply_);
    reply_.set_number(reply_.number() + 1);
    StartWrite(&reply_);
  }
  void OnWriteDone(bool /*ok*/) override { StartRead(&request_); }
  void OnDone() override { delete this; }

 private:
  EchoRequest request_;
  EchoReply reply_;
};

class Service final : public echo::Echo::CallbackService {
  grpc::ServerUnaryReactor* Reply(grpc::CallbackServerContext* context, const EchoRequest* request,
                                  EchoReply* reply) override {
    say(*request, *reply);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerWriteReactor<EchoReply>* ReplyStream(grpc::CallbackServerContext* /*context*/,
                                                   const EchoRequest* request) override {
    return new Replies(*request);
  }
  grpc::ServerReadReactor<EchoRequest>* Collect(grpc::CallbackServerContext* /*context*/,
                                                EchoSummary* summary) override {
    return new Collection(summary);
  }
  grpc::ServerBidiReactor<EchoRequest, EchoReply>* Chat(grpc::CallbackServerContext* /*context*/) override {
    return new Conversation();
  }
};

std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  const bool has_tls = arguments.size() == 7;
  if (arguments.size() != 3 && !has_tls) {
    std::fputs("usage: --listen HOST:PORT, or --listen tls:HOST:PORT --tls-certificate FILE --tls-key FILE\n", stderr);
    return 2;
  }
  // Debian builds Abseil with its checks for debugging. The detection of deadlocks takes a fifth of the time of a call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // main() waits for the signal below, so the threads of the library must block it.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  Service service;
  int port = 0;
  grpc::ServerBuilder builder;
  if (has_tls) {
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({text_of(arguments[6]), text_of(arguments[4])});
    const std::string address = arguments[2];
    builder.AddListeningPort(address.substr(address.find(':') + 1), grpc::SslServerCredentials(options), &port);
  } else {
    builder.AddListeningPort(arguments[2], grpc::InsecureServerCredentials(), &port);
  }
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::fprintf(stderr, "grpc-cpp: ready on %s127.0.0.1:%d\n", has_tls ? "tls:" : "", port);
  int signal = 0;
  sigwait(&stop, &signal);
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}

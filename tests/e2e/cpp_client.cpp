// The gRPC C++ library as client: every kind of call, errors, metadata, deadlines and cancellation.
//
//   cpp_client TARGET     TARGET accepts messages of up to 4 MiB
//
// "tls:HOST:PORT" is TLS with the authority in the file MOTE_TEST_CA.
// Prints each scenario and its failures. Exits with 1 after a failure.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "echo.grpc.pb.h"
#include "health.grpc.pb.h"

namespace {

using echo::EchoReply;
using echo::EchoRequest;
using echo::EchoSummary;
using grpc::ClientContext;
using grpc::Status;
using grpc::StatusCode;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kPatience{30};
constexpr std::size_t kMebibyte = 1 << 20;

int failures = 0;

void check(bool holds, std::string_view what) {
  if (holds) return;
  ++failures;
  std::cerr << "  FAILED: " << what << '\n';
}

void check_status(const Status& status, StatusCode expected, std::string_view what) {
  if (status.error_code() == expected) return;
  check(false, std::string(what) + ": code " + std::to_string(status.error_code()) + ", " + status.error_message());
}

struct Client {
  explicit Client(const std::string& target) : channel(make_channel(target)) {}

  static std::shared_ptr<grpc::Channel> make_channel(const std::string& target) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetMaxSendMessageSize(-1);
    constexpr std::string_view kTls = "tls:";
    if (!target.starts_with(kTls))
      return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
    std::ifstream file(std::getenv("MOTE_TEST_CA"));
    const std::string authority(std::istreambuf_iterator<char>(file), {});
    return grpc::CreateCustomChannel(target.substr(kTls.size()), grpc::SslCredentials({authority, {}, {}}), arguments);
  }

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<echo::Echo::Stub> echo = echo::Echo::NewStub(channel);
  std::unique_ptr<grpc::health::v1::Health::Stub> health = grpc::health::v1::Health::NewStub(channel);
};

void set_timeout(ClientContext& context, milliseconds timeout = kPatience) {
  context.set_deadline(std::chrono::system_clock::now() + timeout);
}

EchoRequest request_of(std::string message, unsigned count = 0, unsigned interval_ms = 0) {
  EchoRequest request;
  request.set_message(std::move(message));
  request.set_count(count);
  request.set_interval_ms(interval_ms);
  return request;
}

EchoRequest slow_request() {
  return request_of("slow", 1000, 60'000);
}

Status reply(const Client& client, const std::string& message, EchoReply& answer) {
  ClientContext context;
  set_timeout(context);
  return client.echo->Reply(&context, request_of(message), &answer);
}

void check_answers(const Client& client, const std::string& message) {
  EchoReply answer;
  check_status(reply(client, message, answer), StatusCode::OK, "Reply");
  check(answer.message() == "You said: " + message, "the reply repeats the message");
}

void unary(const Client& client) {
  for (const char* message : {"hello", "", "Grüße 日本語 🦊"})
    check_answers(client, message);
  for (int i = 0; i < 1000; ++i)
    check_answers(client, std::to_string(i));

  ClientContext context;
  set_timeout(context);
  EchoRequest request = request_of("t");
  request.set_timing(true);
  EchoReply answer;
  check_status(client.echo->Reply(&context, request, &answer), StatusCode::OK, "Reply with timing");
  check(answer.has_timing() && answer.timing().sent_us() >= answer.timing().received_us(),
        "timing is set and in order");
}

void server_streaming(const Client& client) {
  ClientContext context;
  set_timeout(context);
  const auto stream = client.echo->ReplyStream(&context, request_of("again", 50));
  EchoReply answer;
  unsigned number = 0;
  while (stream->Read(&answer))
    check(answer.number() == ++number, "replies are numbered from 1");
  check(number == 50, "the requested number of replies");
  check_status(stream->Finish(), StatusCode::OK, "ReplyStream");
}

void client_streaming(const Client& client) {
  ClientContext context;
  set_timeout(context);
  EchoSummary summary;
  const auto stream = client.echo->Collect(&context, &summary);
  for (int i = 0; i < 1000; ++i)
    check(stream->Write(request_of("ten bytes.")), "message is sent");
  stream->WritesDone();
  check_status(stream->Finish(), StatusCode::OK, "Collect");
  check(summary.messages() == 1000 && summary.bytes() == 10'000, "messages and bytes are counted");
}

void bidi_streaming(const Client& client) {
  ClientContext context;
  set_timeout(context);
  const auto stream = client.echo->Chat(&context);
  EchoReply answer;
  for (unsigned number = 1; number <= 100; ++number) {
    const std::string message = std::to_string(number);
    check(stream->Write(request_of(message)) && stream->Read(&answer), "a message is answered at once");
    check(answer.message() == "You said: " + message && answer.number() == number, "the answer belongs to the message");
  }
  stream->WritesDone();
  check(!stream->Read(&answer), "no reply without a message");
  check_status(stream->Finish(), StatusCode::OK, "Chat");
}

void large_messages(const Client& client) {
  check_answers(client, std::string(kMebibyte, 'x'));

  ClientContext context;
  set_timeout(context);
  const auto stream = client.echo->Chat(&context);
  EchoReply answer;
  for (int i = 0; i < 4; ++i) {
    check(stream->Write(request_of(std::string(kMebibyte, 'y'))) && stream->Read(&answer), "a mebibyte is answered");
    check(answer.message().size() == kMebibyte + 10, "the reply is complete");
  }
  stream->WritesDone();
  check_status(stream->Finish(), StatusCode::OK, "Chat of mebibytes");

  const Status too_large = reply(client, std::string(4 * kMebibyte + 1, 'x'), answer);
  check_status(too_large, StatusCode::RESOURCE_EXHAUSTED, "message larger than the limit");
  check(too_large.error_message().find("4194304") != std::string::npos, "the limit is in the message");
  check_answers(client, "still there");
}

// A long-lasting call whose first reply has been read.
struct RunningStream {
  explicit RunningStream(const Client& client, const EchoRequest& request, milliseconds timeout = kPatience) {
    set_timeout(context, timeout);
    stream = client.echo->ReplyStream(&context, request);
  }
  bool read() { return stream->Read(&answer); }

  ClientContext context;
  EchoReply answer;
  std::unique_ptr<grpc::ClientReader<EchoReply>> stream;
};

using RunningStreams = std::vector<std::unique_ptr<RunningStream>>;

RunningStreams open_streams(const Client& client, std::size_t count, const EchoRequest& request) {
  RunningStreams streams(count);
  for (auto& stream : streams)
    stream = std::make_unique<RunningStream>(client, request);
  return streams;
}

void concurrent_streams(const Client& client) {
  const RunningStreams streams = open_streams(client, 100, request_of(std::string(500, 'x'), 20, 5));
  for (const auto& running : streams) {
    unsigned replies = 0;
    while (running->read())
      ++replies;
    check(replies == 20, "every stream has all its replies");
    check_status(running->stream->Finish(), StatusCode::OK, "one of a hundred streams");
  }
}

void threads_share_a_channel(const Client& client) {
  constexpr std::size_t kThreads = 8;
  std::array<std::thread, kThreads> threads;
  std::array<int, kThreads> answered{};
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.at(i) = std::thread([&client, &mine = answered.at(i)] {
      EchoReply answer;
      for (int call = 0; call < 200; ++call) {
        if (reply(client, "m", answer).ok() && answer.message() == "You said: m") ++mine;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  for (const int each : answered)
    check(each == 200, "every call of every thread is answered");
}

void metadata(const Client& client) {
  const std::string binary("\0\x01\xfa\xff", 4);
  ClientContext context;
  set_timeout(context);
  context.AddMetadata("x-echo-text", "some text");
  context.AddMetadata("x-echo-some-bin", binary);
  context.AddMetadata("x-other", "stays");
  EchoReply answer;
  check_status(client.echo->Reply(&context, request_of("m"), &answer), StatusCode::OK, "Reply with metadata");
  for (const auto* echoed : {&context.GetServerInitialMetadata(), &context.GetServerTrailingMetadata()}) {
    const auto text = echoed->find("x-echo-text");
    const auto bytes = echoed->find("x-echo-some-bin");
    check(text != echoed->end() && text->second == "some text", "text metadata is returned");
    check(bytes != echoed->end() && std::string(bytes->second.data(), bytes->second.size()) == binary,
          "binary metadata is returned");
    check(echoed->find("x-other") == echoed->end(), "other keys are not returned");
  }
}

Status call_bytes(const Client& client, const std::string& method, std::string_view bytes) {
  grpc::GenericStub stub(client.channel);
  grpc::CompletionQueue queue;
  ClientContext context;
  set_timeout(context);
  const grpc::Slice slice(bytes.data(), bytes.size());
  const grpc::ByteBuffer payload(&slice, 1);
  grpc::ByteBuffer answer;
  Status status;
  const auto call = stub.PrepareUnaryCall(&context, method, payload, &queue);
  call->StartCall();
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

void errors(const Client& client) {
  for (const char* method : {"/echo.Echo/Shout", "/echo.Nobody/Reply", "/x"}) {
    check_status(call_bytes(client, method, ""), StatusCode::UNIMPLEMENTED, method);
  }
  const StatusCode malformed = call_bytes(client, "/echo.Echo/Reply", "\xff").error_code();
  check(malformed == StatusCode::INTERNAL || malformed == StatusCode::INVALID_ARGUMENT, "malformed message is refused");
  check_answers(client, "still there");
}

void deadlines(const Client& client) {
  RunningStream replies(client, slow_request(), milliseconds(300));
  while (replies.read())
    continue;
  check_status(replies.stream->Finish(), StatusCode::DEADLINE_EXCEEDED, "deadline of ReplyStream");

  EchoSummary summary;
  ClientContext collecting;
  set_timeout(collecting, milliseconds(300));
  const auto collect = client.echo->Collect(&collecting, &summary);
  check_status(collect->Finish(), StatusCode::DEADLINE_EXCEEDED, "deadline of Collect");

  EchoReply answer;
  ClientContext chatting;
  set_timeout(chatting, milliseconds(300));
  const auto chat = client.echo->Chat(&chatting);
  check(!chat->Read(&answer), "no reply without a message");
  check_status(chat->Finish(), StatusCode::DEADLINE_EXCEEDED, "deadline of Chat");
  check_answers(client, "still there");
}

void cancellation(const Client& client) {
  for (int turn = 0; turn < 4; ++turn) {
    const RunningStreams streams = open_streams(client, 90, slow_request());
    for (const auto& running : streams)
      check(running->read(), "call is running");
    for (const auto& running : streams)
      running->context.TryCancel();
    for (const auto& running : streams) {
      while (running->read())
        continue;
      check_status(running->stream->Finish(), StatusCode::CANCELLED, "cancelled call");
    }
    // Successful calls refund the cost of the resets.
    for (int i = 0; i < 100; ++i)
      check_answers(client, "m");
  }
}

void health(const Client& client) {
  using grpc::health::v1::HealthCheckRequest;
  using grpc::health::v1::HealthCheckResponse;
  HealthCheckRequest request;
  HealthCheckResponse response;
  for (const char* service : {"", "echo.Echo"}) {
    ClientContext context;
    set_timeout(context);
    request.set_service(service);
    check_status(client.health->Check(&context, request, &response), StatusCode::OK, "Check");
    check(response.status() == HealthCheckResponse::SERVING, "SERVING");
  }
  request.set_service("nobody");
  ClientContext context;
  set_timeout(context);
  check_status(client.health->Check(&context, request, &response), StatusCode::NOT_FOUND,
               "Check of an unknown service");

  ClientContext watching;
  set_timeout(watching);
  const auto watch = client.health->Watch(&watching, request);
  check(watch->Read(&response) && response.status() == HealthCheckResponse::SERVICE_UNKNOWN, "SERVICE_UNKNOWN");
  watching.TryCancel();
  check_status(watch->Finish(), StatusCode::CANCELLED, "cancelled Watch");
}

struct Scenario {
  const char* name;
  void (*run)(const Client& client);
};

constexpr Scenario kScenarios[] = {
    {"unary", unary},
    {"server streaming", server_streaming},
    {"client streaming", client_streaming},
    {"bidirectional streaming", bidi_streaming},
    {"large messages", large_messages},
    {"a hundred streams", concurrent_streams},
    {"threads that share a channel", threads_share_a_channel},
    {"metadata", metadata},
    {"errors", errors},
    {"deadlines", deadlines},
    {"cancellation", cancellation},
    {"health", health},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "cpp_client TARGET\n";
    return 2;
  }
  const Client client(std::span(argv, 2)[1]);
  for (const Scenario& scenario : kScenarios) {
    std::cerr << scenario.name << '\n';
    scenario.run(client);
  }
  std::cerr << (failures == 0 ? "passed\n" : "failed\n");
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

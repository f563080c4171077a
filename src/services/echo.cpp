#include "services/echo.h"

#include <algorithm>
#include <array>

#include "echo.pb.h"
#include "mote/rpc/handler.h"

namespace mote::services {
namespace {

constexpr std::string_view kGreeting = "You said: ";

// Adds "You said: " before the text without copying the text.
mote_bytes with_greeting(const mote_bytes& text) {
  mote_bytes reply = text;
  reply.head = as_bytes(kGreeting).data();
  reply.head_size = kGreeting.size();
  return reply;
}

// `received_us`: the time at which the answered request arrived.
void stamp(const rpc::Call& call, std::uint64_t received_us, echo_EchoReply& reply) {
  reply.has_timing = true;
  reply.timing.received_us = received_us;
  reply.timing.sent_us = call.unix_us();
}

void echo_metadata(rpc::Call& call) {
  for (const auto [name, value] : call.metadata()) {
    if (!name.starts_with("x-echo-")) continue;
    if (!call.add_initial_metadata(name, value) || !call.add_trailing_metadata(name, value)) return;
  }
}

rpc::Status reply(rpc::Call& call, const echo_EchoRequest& request, echo_EchoReply& reply) {
  echo_metadata(call);
  reply.message = with_greeting(request.message);
  if (request.timing) stamp(call, call.received_unix_us(), reply);
  return {};
}

class ReplyStream {
 public:
  using Request = echo_EchoRequest;

  void on_message(rpc::Call& call, const Request& request) {
    echo_metadata(call);
    const std::optional<mote_bytes> text = call.keep(request.message);
    if (!text) return;
    text_ = *text;
    count_ = std::max<std::uint32_t>(request.count, 1);
    interval_ = std::chrono::milliseconds(request.interval_ms);
    timing_ = request.timing;
    if (timing_) received_us_ = call.received_unix_us();
    next_ = call.now();
    on_ready(call);
  }

  void on_ready(rpc::Call& call) {
    while (sent_ < count_ && !call.congested() && next_ <= call.now()) {
      if (!send(call)) return;
    }
    if (call.finished() || count_ == 0) return;
    if (sent_ == count_) return call.finish({});
    if (!call.congested()) call.wake_at(next_);
  }

 private:
  bool send(rpc::Call& call) {
    echo_EchoReply reply{};
    reply.message = with_greeting(text_);
    reply.number = ++sent_;
    if (timing_) stamp(call, received_us_, reply);
    next_ += interval_;
    if (next_ <= call.now()) next_ = call.now() + interval_;  // No burst after congestion.
    return call.send(reply);
  }

  mote_bytes text_{};
  std::uint32_t count_ = 0;
  std::uint32_t sent_ = 0;
  rpc::Time interval_{};
  rpc::Time next_{};
  std::uint64_t received_us_ = 0;
  bool timing_ = false;
};

class Collect {
 public:
  using Request = echo_EchoRequest;

  void on_open(rpc::Call& call) { echo_metadata(call); }

  void on_message(rpc::Call& call, const Request& request) {
    if (messages_++ == 0) first_ = call.now();
    bytes_ += mote_bytes_size(&request.message);
  }

  void on_half_close(rpc::Call& call) {
    echo_EchoSummary summary{};
    summary.messages = messages_;
    summary.bytes = bytes_;
    if (messages_ != 0) summary.duration_us = static_cast<std::uint64_t>((call.now() - first_).count());
    if (call.send(summary)) call.finish({});
  }

 private:
  std::uint64_t messages_ = 0;
  std::uint64_t bytes_ = 0;
  rpc::Time first_{};
};

class Chat {
 public:
  using Request = echo_EchoRequest;

  void on_open(rpc::Call& call) { echo_metadata(call); }

  void on_message(rpc::Call& call, const Request& request) {
    echo_EchoReply reply{};
    reply.message = with_greeting(request.message);
    reply.number = ++sent_;
    if (request.timing) stamp(call, call.received_unix_us(), reply);
    call.send(reply);
  }

  void on_half_close(rpc::Call& call) { call.finish({}); }

 private:
  std::uint32_t sent_ = 0;
};

constexpr std::array<rpc::Method, 4> kMethods = {
    rpc::unary<reply>("/echo.Echo/Reply"),
    rpc::server_streaming<ReplyStream>("/echo.Echo/ReplyStream"),
    rpc::client_streaming<Collect>("/echo.Echo/Collect"),
    rpc::bidi_streaming<Chat>("/echo.Echo/Chat"),
};
constexpr rpc::Service kEcho = {"echo.Echo", kMethods};

}  // namespace

const rpc::Service& echo() {
  return kEcho;
}

}  // namespace mote::services

#include "services/echo.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

#include "echo.mote.h"

namespace mote::services {
namespace {

using ::echo::EchoReply;
using ::echo::EchoRequest;
using ::echo::EchoSummary;

constexpr std::string_view kGreeting = "You said: ";

// Adds "You said: " before the text without copying the text.
mote_bytes with_greeting(const mote_bytes& text) {
  mote_bytes reply = text;
  reply.head = as_bytes(kGreeting).data();
  reply.head_size = kGreeting.size();
  return reply;
}

// `received_us`: the time at which the answered request arrived.
void stamp(const rpc::Call& call, std::uint64_t received_us, EchoReply& reply) {
  reply.has_timing = true;
  reply.timing.received_us = received_us;
  reply.timing.sent_us = call.unix_us();
}

// What the caller has proved; names that it has not are left out. Returns false if the call has been finished.
bool report_caller(rpc::Call& call) {
  const rpc::Peer peer = call.peer();
  std::array<char, 10> uid{};
  const char* const end = std::to_chars(uid.data(), uid.data() + uid.size(), peer.uid.value_or(0)).ptr;
  const std::pair<std::string_view, std::string_view> entries[] = {
      {"x-caller-address", peer.address()},
      {"x-caller-encrypted", peer.encrypted ? "yes" : "no"},
      {"x-caller-certificate", peer.certificate_name},
      {"x-caller-psk", peer.psk_identity},
      {"x-caller-token", peer.token_name},
      {"x-caller-uid", peer.uid ? std::string_view(uid.data(), static_cast<std::size_t>(end - uid.data())) : ""},
  };
  return std::all_of(std::begin(entries), std::end(entries), [&](const auto& entry) {
    return entry.second.empty() || call.add_initial_metadata(entry.first, entry.second);
  });
}

void echo_metadata(rpc::Call& call) {
  for (const auto [name, value] : call.metadata()) {
    if (name == "x-caller" && !report_caller(call)) return;
    if (!name.starts_with("x-echo-")) continue;
    if (!call.add_initial_metadata(name, value) || !call.add_trailing_metadata(name, value)) return;
  }
}

class Echo : public ::echo::EchoService<Echo> {
 public:
  // NOLINTNEXTLINE(readability-identifier-naming): the name of the method
  static Status Reply(Call& call, const EchoRequest& request, EchoReply& reply);

  struct ReplyStream : ReplyStreamCall {
   public:
    void on_message(const EchoRequest& request);
    void on_ready();

   private:
    bool send_next();

    mote_bytes text_{};
    std::uint32_t count_ = 0;
    std::uint32_t sent_ = 0;
    rpc::Time interval_{};
    rpc::Time next_{};
    std::uint64_t received_us_ = 0;
    bool timing_ = false;
  };

  struct Collect : CollectCall {
   public:
    void on_open() { echo_metadata(call()); }
    void on_message(const EchoRequest& request);
    void on_half_close();

   private:
    std::uint64_t messages_ = 0;
    std::uint64_t bytes_ = 0;
    rpc::Time first_{};
  };

  struct Chat : ChatCall {
   public:
    void on_open() { echo_metadata(call()); }
    void on_message(const EchoRequest& request);
    void on_half_close() { finish(); }

   private:
    std::uint32_t sent_ = 0;
  };
};

Status Echo::Reply(Call& call, const EchoRequest& request, EchoReply& reply) {
  echo_metadata(call);
  reply.message = with_greeting(request.message);
  if (request.timing) stamp(call, call.received_unix_us(), reply);
  return {};
}

void Echo::ReplyStream::on_message(const EchoRequest& request) {
  echo_metadata(call());
  const std::optional<mote_bytes> text = call().keep(request.message);
  if (!text) return;
  text_ = *text;
  count_ = std::max<std::uint32_t>(request.count, 1);
  interval_ = std::chrono::milliseconds(request.interval_ms);
  timing_ = request.timing;
  if (timing_) received_us_ = call().received_unix_us();
  next_ = now();
  on_ready();
}

void Echo::ReplyStream::on_ready() {
  while (sent_ < count_ && !congested() && next_ <= now()) {
    if (!send_next()) return;
  }
  if (finished() || count_ == 0) return;
  if (sent_ == count_) return finish();
  if (!congested()) wake_at(next_);
}

bool Echo::ReplyStream::send_next() {
  EchoReply reply{};
  reply.message = with_greeting(text_);
  reply.number = ++sent_;
  if (timing_) stamp(call(), received_us_, reply);
  next_ += interval_;
  if (next_ <= now()) next_ = now() + interval_;  // No burst after congestion.
  return send(reply);
}

void Echo::Collect::on_message(const EchoRequest& request) {
  if (messages_++ == 0) first_ = now();
  bytes_ += mote_bytes_size(&request.message);
}

void Echo::Collect::on_half_close() {
  EchoSummary summary{};
  summary.messages = messages_;
  summary.bytes = bytes_;
  if (messages_ != 0) summary.duration_us = static_cast<std::uint64_t>((now() - first_).count());
  finish(summary);
}

void Echo::Chat::on_message(const EchoRequest& request) {
  EchoReply reply{};
  reply.message = with_greeting(request.message);
  reply.number = ++sent_;
  if (request.timing) stamp(call(), call().received_unix_us(), reply);
  send(reply);
}

}  // namespace

rpc::Service echo() {
  static Echo service;
  return service.rpc_service();
}

}  // namespace mote::services

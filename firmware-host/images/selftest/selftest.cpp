#include "selftest/selftest.h"

#include <array>
#include <cstring>
#include <span>
#include <string_view>

#include "bytes/literal.h"
#include "device/messages.h"
#include "echo.pb.h"
#include "mote/message.h"
#include "selftest/print_number.h"

namespace mote::selftest {

namespace {

using device::Client;
using device::Received;

// Paths, because the generated functions (echo.client.h) are for the C interface of the client and make an image about 100
// bytes larger.
constexpr const char* kReply = "/echo.Echo/Reply";
constexpr char kAnswer[] = "You said: hello";
constexpr std::string_view kText = std::string_view(kAnswer).substr(10);

constexpr std::uint32_t kMessages = 10;
constexpr std::uint32_t kCallsInARow = 200;

// Larger than the image's memory for messages, and much smaller than the limit of a server.
constexpr std::uint32_t kOversizedReplyBytes = 2048;

constexpr std::uint32_t kShortDeadlineMs = 300;
constexpr std::uint32_t kShortDeadlineEarliestMs = 250;
constexpr std::uint32_t kShortDeadlineLatestMs = 2000;
constexpr std::uint32_t kLongPauseMs = 5000;

constexpr std::uint32_t kOutageCallMs = 2000;
constexpr std::uint32_t kOutagePauseMs = 100;
constexpr std::uint32_t kOutageMs = 60'000;

echo_EchoRequest new_request() {
  echo_EchoRequest request{};
  request.message = codec::field_of(kText);
  return request;
}

mote_call call_of(const char* path, std::uint32_t timeout_ms = 0) {
  mote_call call{};
  call.path = path;
  call.timeout_ms = timeout_ms;
  return call;
}

void start(Client& client, const char* path, std::uint32_t timeout_ms = 0) {
  client.start(call_of(path, timeout_ms));
}

StatusCode call_once(Client& client, const mote_call& call) {
  echo_EchoReply reply{};
  return device::unary(client, call, new_request(), reply);
}

// The client stores the text of a reply in one piece.
bool is_answer(const echo_EchoReply& reply, std::uint32_t number) {
  mote_bytes message = reply.message;
  const mote_stretch text = mote_bytes_take(&message);
  return is(as_text({text.data, text.size}), kAnswer) && reply.number == number;
}

bool reply(Client& client) {
  echo_EchoRequest request = new_request();
  request.timing = true;
  echo_EchoReply reply{};
  return device::unary(client, call_of(kReply), request, reply) == StatusCode::Ok && is_answer(reply, 0) &&
         reply.has_timing && reply.timing.received_us != 0 && reply.timing.sent_us >= reply.timing.received_us;
}

// A stream of `count` replies. Returns the number of replies, or 0 if one is wrong.
std::uint32_t count_replies(Client& client, std::uint32_t timeout_ms, std::uint32_t count, std::uint32_t interval_ms) {
  echo_EchoRequest request = new_request();
  request.count = count;
  request.interval_ms = interval_ms;
  start(client, "/echo.Echo/ReplyStream", timeout_ms);
  device::send_message(client, request, true);
  std::uint32_t came = 0;
  for (echo_EchoReply reply{}; device::receive_message(client, reply) == Received::Message;)
    if (!is_answer(reply, ++came)) return 0;
  return came;
}

bool reply_stream(Client& client) {
  return count_replies(client, 0, kMessages, 1) == kMessages && client.status() == StatusCode::Ok;
}

bool collect(Client& client) {
  start(client, "/echo.Echo/Collect");
  for (std::uint32_t i = 0; i < kMessages; ++i)
    device::send_message(client, new_request());
  client.end_sending();
  echo_EchoSummary summary{};
  return device::receive_message(client, summary) == Received::Message && summary.messages == kMessages &&
         summary.bytes == std::uint64_t{kMessages} * kText.size() &&
         device::receive_message(client, summary) == Received::Over && client.status() == StatusCode::Ok;
}

bool chat(Client& client) {
  start(client, "/echo.Echo/Chat");
  for (std::uint32_t i = 1; i <= kMessages; ++i) {
    echo_EchoReply reply{};
    device::send_message(client, new_request(), i == kMessages);
    if (device::receive_message(client, reply) != Received::Message || !is_answer(reply, i)) return false;
  }
  Bytes none;
  return client.receive(none) == Received::Over && client.status() == StatusCode::Ok;
}

// Returned as initial and as trailing metadata.
constexpr char kName[] = "x-echo-device";
constexpr char kValue[] = "cortex-m3";
constexpr mote_metadata kMetadata = {kName, kValue};

// Whether it arrived as initial and as trailing metadata.
using MetadataSeen = std::array<bool, 2>;

void see_metadata(void* context, mote_text name, mote_text value, bool trailing) {
  if (is({name.data, name.size}, kName) && is({value.data, value.size}, kValue))
    (*static_cast<MetadataSeen*>(context))[trailing ? 1 : 0] = true;
}

bool metadata(Client& client) {
  MetadataSeen seen{};
  mote_call call = call_of(kReply);
  call.metadata = &kMetadata;
  call.metadata_count = 1;
  call.on_metadata = see_metadata;
  call.context = &seen;
  return call_once(client, call) == StatusCode::Ok && seen[0] && seen[1];
}

// One immediate reply, the second one long after the deadline.
bool deadline(Client& client) {
  const std::uint32_t begun_ms = now_ms();
  const std::uint32_t count = count_replies(client, kShortDeadlineMs, 2, kLongPauseMs);
  const std::uint32_t took_ms = now_ms() - begun_ms;
  return client.status() == StatusCode::DeadlineExceeded && count <= 1 && took_ms >= kShortDeadlineEarliestMs &&
         took_ms <= kShortDeadlineLatestMs;
}

// Tests that a text of `size` bytes is refused. It needs no memory: one piece is its own successor.
bool refused(Client& client, std::uint32_t size) {
  const mote_piece round = {&round, as_bytes(kText).data(), kText.size()};
  echo_EchoRequest request{};
  request.message = {nullptr, &round, 0, 0, size};
  echo_EchoReply reply{};
  return device::unary(client, call_of(kReply), request, reply) == StatusCode::ResourceExhausted;
}

bool refused_by_client(const Client& client) {
  return std::strcmp(client.status_text(), "message too large") == 0;
}

bool oversized_request(Client& client) {
  return refused(client, kOversizedRequestBytes) && !refused_by_client(client);
}

bool oversized_reply(Client& client) {
  return refused(client, kOversizedReplyBytes) && refused_by_client(client);
}

bool unknown_method(Client& client) {
  return call_once(client, call_of("/echo.Echo/Nothing")) == StatusCode::Unimplemented;
}

bool calls_in_a_row(Client& client) {
  for (std::uint32_t i = 0; i < kCallsInARow; ++i)
    if (!reply(client)) return false;
  return true;
}

struct Step {
  const char* name;
  bool (*run)(Client& client);
};

constexpr Step kSteps[] = {
    {"reply", reply},
    {"reply-stream", reply_stream},
    {"collect", collect},
    {"chat", chat},
    {"metadata", metadata},
    {"deadline", deadline},
    {"oversized-request", oversized_request},
    {"oversized-reply", oversized_reply},
    {"unknown-method", unknown_method},
    {"200-calls", calls_in_a_row},
};

bool run_step(Client& client, const Step& step) {
  const std::uint32_t begun_ms = now_ms();
  const bool ok = step.run(client);
  print(ok ? "ok " : "FAILED ");
  print(step.name);
  print_number(" ", now_ms() - begun_ms);
  print_number(" ms: status ", static_cast<std::uint32_t>(client.status()));
  print(" ");
  print(client.status_text());
  print("\n");
  return ok;
}

// Repeats a call for up to a minute until it ends as required.
bool call_until(Client& client, bool wanted_ok) {
  const std::uint32_t begun_ms = now_ms();
  do {
    if ((call_once(client, call_of(kReply, kOutageCallMs)) == StatusCode::Ok) == wanted_ok) return true;
    const std::uint32_t pause_ms = now_ms();
    while (now_ms() - pause_ms < kOutagePauseMs)
      client.poll(kOutagePauseMs);
  } while (now_ms() - begun_ms < kOutageMs);
  return false;
}

bool call_until_ok(Client& client) {
  return call_until(client, true);
}

bool call_until_not_ok(Client& client) {
  return call_until(client, false);
}

constexpr Step kStages[] = {
    {"serving", call_until_ok},
    {"outage", call_until_not_ok},
    {"back", call_until_ok},
};

bool run_all(Client& client, std::span<const Step> steps) {
  bool all = true;
  for (const Step& step : steps)
    all &= run_step(client, step);
  return all;
}

}  // namespace

bool run_script(Client& client) {
  return run_all(client, kSteps);
}

bool run_outage(Client& client) {
  return run_all(client, kStages);
}

}  // namespace mote::selftest

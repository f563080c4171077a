#include "selftest/selftest.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "codec/message.h"
#include "device/messages.h"
#include "echo.pb.h"
#include "selftest/print_number.h"
#include "wire/literal.h"

namespace mote::selftest {

namespace {

using device::Received;
using wire::StatusCode;

constexpr const char* kReply = "/echo.Echo/Reply";
constexpr const char* kReplyStream = "/echo.Echo/ReplyStream";
constexpr const char* kCollect = "/echo.Echo/Collect";
constexpr const char* kChat = "/echo.Echo/Chat";
constexpr std::string_view kAnswer = "You said: hello from the device";
constexpr std::string_view kText = kAnswer.substr(10);

constexpr std::uint32_t kMessages = 10;
constexpr std::uint32_t kCallsInARow = 200;

// Over this one's memory for messages, whichever it is, and far under what a server takes.
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

mote_call call_of(const char* path) {
  mote_call call{};
  call.path = path;
  return call;
}

bool is_answer(const echo_EchoReply& reply, std::uint32_t number) {
  return codec::equal(reply.message, kAnswer) && reply.number == number;
}

bool reply(const Bench& bench) {
  echo_EchoRequest request = new_request();
  request.timing = true;
  echo_EchoReply reply{};
  return device::unary(bench.client, call_of(kReply), request, reply) == StatusCode::Ok && is_answer(reply, 0) &&
         reply.has_timing && reply.timing.received_us != 0 && reply.timing.sent_us >= reply.timing.received_us;
}

bool reply_stream(const Bench& bench) {
  echo_EchoRequest request = new_request();
  request.count = kMessages;
  request.interval_ms = 1;
  bench.client.start(call_of(kReplyStream));
  device::send_message(bench.client, request, true);
  std::uint32_t count = 0;
  for (echo_EchoReply reply{}; device::receive_message(bench.client, reply) == Received::Message;)
    if (!is_answer(reply, ++count)) return false;
  return bench.client.status() == StatusCode::Ok && count == kMessages;
}

bool collect(const Bench& bench) {
  bench.client.start(call_of(kCollect));
  for (std::uint32_t i = 0; i < kMessages; ++i)
    device::send_message(bench.client, new_request());
  bench.client.end_sending();
  echo_EchoSummary summary{};
  return device::receive_message(bench.client, summary) == Received::Message && summary.messages == kMessages &&
         summary.bytes == std::uint64_t{kMessages} * kText.size() &&
         device::receive_message(bench.client, summary) == Received::Over && bench.client.status() == StatusCode::Ok;
}

bool chat(const Bench& bench) {
  bench.client.start(call_of(kChat));
  for (std::uint32_t i = 1; i <= kMessages; ++i) {
    echo_EchoReply reply{};
    device::send_message(bench.client, new_request(), i == kMessages);
    if (device::receive_message(bench.client, reply) != Received::Message || !is_answer(reply, i)) return false;
  }
  wire::Bytes none;
  return bench.client.receive(none) == Received::Over && bench.client.status() == StatusCode::Ok;
}

// Comes back as initial metadata and as trailers.
constexpr mote_metadata kMetadata = {"x-echo-device", "cortex-m3"};

struct MetadataSeen {
  bool initial = false;
  bool trailing = false;
};

void see_metadata(void* context, mote_text name, mote_text value, bool trailing) {
  if (!wire::is({name.data, name.size}, "x-echo-device") || !wire::is({value.data, value.size}, "cortex-m3")) return;
  auto& seen = *static_cast<MetadataSeen*>(context);
  (trailing ? seen.trailing : seen.initial) = true;
}

bool metadata(const Bench& bench) {
  MetadataSeen seen;
  echo_EchoReply reply{};
  mote_call call = call_of(kReply);
  call.metadata = &kMetadata;
  call.metadata_count = 1;
  call.on_metadata = see_metadata;
  call.context = &seen;
  return device::unary(bench.client, call, new_request(), reply) == StatusCode::Ok && seen.initial && seen.trailing;
}

// One reply at once, the second one long after the deadline.
bool deadline(const Bench& bench) {
  echo_EchoRequest request = new_request();
  request.count = 2;
  request.interval_ms = kLongPauseMs;
  const std::uint32_t begun_ms = bench.now_ms();
  mote_call call = call_of(kReplyStream);
  call.timeout_ms = kShortDeadlineMs;
  bench.client.start(call);
  device::send_message(bench.client, request, true);
  std::uint32_t count = 0;
  for (echo_EchoReply reply{}; device::receive_message(bench.client, reply) == Received::Message;)
    ++count;
  const std::uint32_t took_ms = bench.now_ms() - begun_ms;
  return bench.client.status() == StatusCode::DeadlineExceeded && count <= 1 && took_ms >= kShortDeadlineEarliestMs &&
         took_ms <= kShortDeadlineLatestMs;
}

// A request of `size` bytes, without the memory for one: its field is sent in pieces.
StatusCode call_with(const Bench& bench, std::uint32_t size) {
  constexpr std::array<std::uint8_t, 32> kPiece = {};
  constexpr std::uint32_t kFieldHeadBytes = 3;
  const std::uint32_t text_bytes = size - kFieldHeadBytes;
  // Field 1, a string, and its length as a varint of two bytes.
  const std::array<std::uint8_t, kFieldHeadBytes> head = {0x0A, static_cast<std::uint8_t>(text_bytes | 0x80),
                                                          static_cast<std::uint8_t>(text_bytes >> 7)};
  bench.client.start(call_of(kReply));
  bench.client.begin_message(size);
  bench.client.put(head);
  for (std::uint32_t left = text_bytes; left > 0;) {
    const std::uint32_t piece = std::min<std::uint32_t>(left, kPiece.size());
    bench.client.put(std::span(kPiece).first(piece));
    left -= piece;
  }
  bench.client.end_message(true);
  wire::Bytes reply;
  return bench.client.receive_only(reply);
}

bool refused_by_client(const Bench& bench) {
  return wire::is(bench.client.status_text(), "message too large");
}

bool oversized_request(const Bench& bench) {
  return call_with(bench, kOversizedRequestBytes) == StatusCode::ResourceExhausted && !refused_by_client(bench);
}

bool oversized_reply(const Bench& bench) {
  return call_with(bench, kOversizedReplyBytes) == StatusCode::ResourceExhausted && refused_by_client(bench);
}

bool unknown_method(const Bench& bench) {
  echo_EchoReply reply{};
  return device::unary(bench.client, call_of("/echo.Echo/Nothing"), new_request(), reply) == StatusCode::Unimplemented;
}

bool calls_in_a_row(const Bench& bench) {
  for (std::uint32_t i = 0; i < kCallsInARow; ++i)
    if (!reply(bench)) return false;
  return true;
}

struct Step {
  const char* name;
  bool (*run)(const Bench& bench);
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

bool report(const Bench& bench, bool ok, const char* name, std::uint32_t begun_ms) {
  bench.print(ok ? "ok " : "FAILED ");
  bench.print(name);
  bench.print(" ");
  print_number(bench.print, bench.now_ms() - begun_ms);
  bench.print(" ms: status ");
  print_number(bench.print, static_cast<std::uint32_t>(bench.client.status()));
  bench.print(" ");
  bench.print(bench.client.status_text());
  bench.print("\n");
  return ok;
}

// Calls for a minute until one ends as wanted.
bool call_until(const Bench& bench, bool wanted_ok) {
  const std::uint32_t begun_ms = bench.now_ms();
  do {
    echo_EchoReply answer{};
    mote_call call = call_of(kReply);
    call.timeout_ms = kOutageCallMs;
    if ((device::unary(bench.client, call, new_request(), answer) == StatusCode::Ok) == wanted_ok) return true;
    const std::uint32_t pause_ms = bench.now_ms();
    while (bench.now_ms() - pause_ms < kOutagePauseMs)
      bench.client.poll(kOutagePauseMs);
  } while (bench.now_ms() - begun_ms < kOutageMs);
  return false;
}

}  // namespace

bool run_script(const Bench& bench) {
  bool all = true;
  for (const Step& step : kSteps) {
    const std::uint32_t begun_ms = bench.now_ms();
    all &= report(bench, step.run(bench), step.name, begun_ms);
  }
  return all;
}

bool run_outage(const Bench& bench) {
  constexpr Step kStages[] = {
      {"serving", [](const Bench& b) { return call_until(b, true); }},
      {"outage", [](const Bench& b) { return call_until(b, false); }},
      {"back", [](const Bench& b) { return call_until(b, true); }},
  };
  for (const Step& stage : kStages) {
    const std::uint32_t begun_ms = bench.now_ms();
    if (!report(bench, stage.run(bench), stage.name, begun_ms)) return false;
  }
  return true;
}

}  // namespace mote::selftest

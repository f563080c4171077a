#include "mote-device/run.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "grpc/health/v1/health.client.h"
#include "mote-device/clock.h"
#include "ports/posix/wait_readable.h"

namespace mote::tool {
namespace {

constexpr std::uint32_t kConnectMs = 5000;
// The interval for checking signals while idle.
constexpr std::uint64_t kSliceMs = 100;
// Short pauses find a restarted server quickly, but do not flood a dead one with connections.
constexpr std::uint32_t kBackoffFirstMs = 100;
constexpr std::uint32_t kBackoffMostMs = 1000;
// Memory in addition to the message: "You said: ", the fields of EchoReply, the gRPC prefix, and the headers of a request.
constexpr std::size_t kBesideMessage = std::size_t{16} * 1024;

std::size_t message_bytes(const Options& options) {
  return options.size_bytes != 0 ? static_cast<std::size_t>(options.size_bytes) : options.message.size();
}

}  // namespace

Run::Run(const Options& options, const Screen& screen, const volatile std::sig_atomic_t& stop)
    : options_(options),
      stop_(stop),
      memory_(2 * message_bytes(options) + kBesideMessage),
      report_(options, screen, link_.peer()) {
  if (!memory_.taken()) {
    std::fputs("mote-device: --size: not enough memory\n", screen.errors);
    return;
  }
  payload_ = memory_.bytes().first(message_bytes(options));
  if (!payload_.empty()) repeat_text(options.message, payload_);
  const std::span<std::uint8_t> messages = memory_.bytes().subspan(payload_.size());

  ready_ = link_.prepare(options, screen.errors);
  if (!ready_) return;
  link_.obey(&stop);
  client_options_.authority = link_.authority();
  client_options_.connect_timeout_ms =
      options.deadline_ms != 0 ? std::min(options.deadline_ms, kConnectMs) : kConnectMs;
  client_options_.backoff_first_ms = kBackoffFirstMs;
  client_options_.backoff_most_ms = kBackoffMostMs;
  client_options_.seed = static_cast<std::uint32_t>(::getpid());
  client_memory_ = {.input = {input_.data(), input_.size()},
                    .output = {output_.data(), output_.size()},
                    .scratch = {scratch_.data(), scratch_.size()},
                    .messages = {messages.data(), messages.size()},
                    .text = {text_.data(), text_.size()}};
  mote_client_init(&client_, &link_.port(), &client_options_, &client_memory_);
}

void Run::go() {
  start_us_ = due_us_ = steady_us();
  report_.begin();
  switch (options_.mode) {
    case Mode::Reply:
      calls();
      break;
    case Mode::ReplyStream:
      replies();
      break;
    case Mode::Collect:
      collect();
      break;
    case Mode::Chat:
      chat();
      break;
    case Mode::Health:
      checks();
      break;
  }
  report_.secured(link_.session());
  mote_client_close(&client_);
  report_.end(since_start());
}

// --- Reply ---

void Run::calls() {
  for (wait_until_due(); wants_more(); wait_until_due())
    call(next_number());
}

void Run::call(std::uint64_t number) {
  if (!connect(number)) return;
  const mote_call call = description(kPatienceMs);
  const echo_EchoRequest sent = request();
  echo_EchoReply reply{};
  begun_ = now();
  const mote_status status = echo_Echo_Reply(&client_, &call, &sent, &reply);
  note_retry();
  if (status == MOTE_OK) return answered(number, reply, Answers::Request);
  failed_by_server(number);
}

// --- ReplyStream ---

void Run::replies() {
  for (wait_until_due(); wants_more(); wait_until_due()) {
    const std::uint64_t number = next_number();
    if (!connect(number)) continue;
    echo_EchoRequest sent = request();
    sent.count = options_.count == 0 ? UINT32_MAX : options_.count - static_cast<std::uint32_t>(tally().sent());
    sent.interval_ms = options_.interval_ms;
    const mote_call call = description(kStreamMs);
    begun_ = now();
    const echo_Echo_ReplyStream_call stream = echo_Echo_ReplyStream(&client_, &call, &sent);
    if (stream_started(number)) receive_replies(stream);
  }
}

void Run::receive_replies(echo_Echo_ReplyStream_call stream) {
  const std::uint32_t wait_ms = patience_ms(options_.interval_ms + kPatienceMs);
  echo_EchoReply reply{};
  Answers what = Answers::Request;
  for (std::uint64_t number = next_number(); wants_more(); number = next_number()) {
    if (!received(number, echo_Echo_ReplyStream_receive(stream, &reply, wait_ms))) return;
    answered(number, reply, what);
    what = Answers::Stream;
    begun_ = now();
  }
  end_stream(next_number());
}

// --- Chat ---

void Run::chat() {
  bool open = false;
  for (wait_until_due(); wants_more(); wait_until_due()) {
    const std::uint64_t number = next_number();
    open = (open || begin_chat(number)) && exchange(number);
  }
  if (open && !stopped()) echo_Echo_Chat_end_sending({&client_});
  if (open) end_stream(next_number());
}

bool Run::begin_chat(std::uint64_t number) {
  if (!connect(number)) return false;
  const mote_call call = description(kStreamMs);
  begun_ = now();
  echo_Echo_Chat(&client_, &call);
  return stream_started(number);
}

bool Run::exchange(std::uint64_t number) {
  const echo_Echo_Chat_call stream{&client_};
  const echo_EchoRequest sent = request();
  echo_EchoReply reply{};
  begun_ = now();
  if (!echo_Echo_Chat_send(stream, &sent)) return failed_by_server(number);
  if (!received(number, echo_Echo_Chat_receive(stream, &reply, patience_ms(kPatienceMs)))) return false;
  answered(number, reply, Answers::Request);
  return true;
}

// --- Collect ---

void Run::collect() {
  while (wants_more())
    collect_once();
}

void Run::collect_once() {
  wait_until_due();
  if (!wants_more() || !connect(next_number())) return;
  const mote_call call = description(kStreamMs);
  begun_ = now();
  const echo_Echo_Collect_call stream = echo_Echo_Collect(&client_, &call);
  if (!stream_started(next_number())) return;
  // A signal ends the sending, but the server still counts the sent messages: the port must not stop.
  link_.obey(nullptr);
  const echo_EchoRequest message = request();
  std::uint64_t sent = 0;
  while (wants_more(sent)) {
    begun_ = now();
    if (!echo_Echo_Collect_send(stream, &message)) {
      stream_lost(sent + 1);
      break;
    }
    report_.show_progress(++sent);
    // The end of the stream follows the last message immediately.
    if (wants_more(sent)) wait_until_due();
  }
  if (mote_call_status(&client_) == MOTE_OK) receive_summary(sent);
  link_.obey(&stop_);
}

// Not by echo_Echo_Collect_finish(), which waits until the deadline of the stream.
void Run::receive_summary(std::uint64_t sent) {
  begun_ = now();
  echo_EchoSummary summary{};
  const bool came =
      mote_call_end_sending(&client_) &&
      mote_call_receive_message(&client_, echo_EchoSummary_fields, &summary, patience_ms(kPatienceMs)) == MOTE_MESSAGE;
  const std::uint64_t took_us = steady_us() - begun_.steady;
  if (came) {
    const Collected collected = {.at_us = since_start(),
                                 .took_us = took_us,
                                 .sent = sent,
                                 .messages = summary.messages,
                                 .bytes = summary.bytes,
                                 .duration_us = summary.duration_us};
    mote_stretch more{};
    mote_call_receive(&client_, &more, patience_ms(kPatienceMs));
    if (mote_call_status(&client_) == MOTE_OK) report_.collected(collected, metadata_);
  }
  if (!came || mote_call_status(&client_) != MOTE_OK) stream_lost(sent);
}

// The result of the sent messages is unknown.
void Run::stream_lost(std::uint64_t sent) {
  mote_call_cancel(&client_);
  const mote_status status = mote_call_status(&client_);
  failed_by_server(tally().sent() + sent);
  if (sent > 1) report_.lost(sent - 1, status);
}

// --- Health ---

void Run::checks() {
  for (wait_until_due(); wants_more(); wait_until_due())
    check(next_number());
}

void Run::check(std::uint64_t number) {
  if (!connect(number)) return;
  const mote_call call = description(kPatienceMs);
  grpc_health_v1_HealthCheckRequest sent{};
  sent.service = mote_bytes_of(payload_.data(), payload_.size());
  grpc_health_v1_HealthCheckResponse response{};
  begun_ = now();
  const mote_status status = grpc_health_v1_Health_Check(&client_, &call, &sent, &response);
  note_retry();
  if (status != MOTE_OK) {
    failed_by_server(number);
  } else if (response.status != grpc_health_v1_HealthCheckResponse_ServingStatus_SERVING) {
    failed(number, MOTE_UNAVAILABLE, "not serving");
  } else {
    report_.answer({.number = number,
                    .at_us = since_start(),
                    .took_us = steady_us() - begun_.steady,
                    .first = false,
                    .text = "SERVING",
                    .timing = {}},
                   metadata_);
  }
}

// --- Pace ---

bool Run::wants_more(std::uint64_t under_way) const {
  return !stopped() && (options_.count == 0 || tally().sent() + under_way < options_.count);
}

// Waits, serves an open call meanwhile and answers PINGs. A late call is made immediately; missed times are skipped.
void Run::wait_until_due() {
  if (!wants_more()) return;
  for (std::uint64_t now_us = steady_us(); now_us < due_us_ && !stopped(); now_us = steady_us()) {
    const auto left_ms = static_cast<std::uint32_t>(std::min<std::uint64_t>((due_us_ - now_us + 999) / 1000, kSliceMs));
    if (!mote_client_poll(&client_, left_ms)) sleep_ms(left_ms);
  }
  due_us_ = std::max(due_us_ + std::uint64_t{options_.interval_ms} * 1000, steady_us());
}

// A signal ends the wait.
void Run::sleep_ms(std::uint32_t wait_ms) {
  posix::wait_readable(-1, wait_ms, {&stop_});
}

std::uint64_t Run::since_start() const {
  return steady_us() - start_us_;
}

Run::Moment Run::now() {
  return {.steady = steady_us(), .wall = wall_us()};
}

}  // namespace mote::tool

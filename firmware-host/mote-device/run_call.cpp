// The calls of a run and the report of their results.
#include <array>
#include <cstdio>

#include "mote-device/clock.h"
#include "mote-device/run.h"

namespace mote::tool {
namespace {

std::string_view text_of(mote_bytes field) {
  const mote_stretch stretch = mote_bytes_take(&field);
  return {reinterpret_cast<const char*>(stretch.data), stretch.size};
}

std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

// --- Connection and call ---

bool Run::connect(std::uint64_t number) {
  begun_ = now();
  metadata_.clear();
  while (!stopped() && !mote_client_poll(&client_, 0) && mote_client_retry_in_ms(&client_) != 0)
    sleep_ms(mote_client_retry_in_ms(&client_));
  begun_ = now();
  connecting_us_ = begun_.steady;
  if (stopped()) return false;
  if (mote_client_connect(&client_)) return true;
  const ServerLink::Reason reason = link_.reason();
  const bool late = options_.deadline_ms != 0 && left_ms() <= 1;
  return failed(number, late ? MOTE_DEADLINE_EXCEEDED : MOTE_UNAVAILABLE,
                reason[0] == '\0' ? "no HTTP/2 server at this address" : reason.data());
}

bool Run::stream_started(std::uint64_t number) {
  note_retry();
  return mote_call_status(&client_) == MOTE_OK || failed_by_server(number);
}

bool Run::received(std::uint64_t number, mote_received what) {
  switch (what) {
    case MOTE_MESSAGE:
      return true;
    case MOTE_NOTHING:
      mote_call_cancel(&client_);
      return failed(number, MOTE_DEADLINE_EXCEEDED, "no answer in time");
    case MOTE_OVER:
      break;
  }
  if (mote_call_status(&client_) != MOTE_OK) return failed_by_server(number);
  return failed(number, MOTE_DATA_LOSS, "the server ended the stream early");
}

// All replies have arrived, or a signal.
void Run::end_stream(std::uint64_t number) {
  mote_stretch message{};
  const mote_received received =
      stopped() ? MOTE_OVER : mote_call_receive(&client_, &message, patience_ms(kPatienceMs));
  const bool over = received == MOTE_OVER && !stopped();
  if (!over) mote_call_cancel(&client_);
  if (stopped()) return;
  if (received == MOTE_MESSAGE) {
    failed(number, MOTE_DATA_LOSS, "more replies than requested");
  } else if (received == MOTE_NOTHING) {
    failed(number, MOTE_DEADLINE_EXCEEDED, "the server did not end the stream");
  } else if (mote_call_status(&client_) != MOTE_OK) {
    failed_by_server(number);
  } else {
    report_.stream_ended(metadata_);
  }
}

mote_call Run::description(std::uint32_t default_timeout_ms) {
  mote_call call{};
  call.timeout_ms = options_.deadline_ms != 0 ? left_ms() : default_timeout_ms;
  call.metadata = options_.metadata.data();
  call.metadata_count = options_.metadata_count;
  if (options_.metadata_count == 0) return call;
  call.context = &metadata_;
  call.on_metadata = [](void* context, mote_text name, mote_text value, bool trailing) {
    static_cast<ReceivedMetadata*>(context)->add({name.data, name.size}, {value.data, value.size}, trailing);
  };
  return call;
}

echo_EchoRequest Run::request() const {
  echo_EchoRequest request{};
  request.message = mote_bytes_of(payload_.data(), payload_.size());
  request.timing = options_.timing;
  return request;
}

std::uint32_t Run::patience_ms(std::uint32_t usual_ms) const {
  return options_.deadline_ms != 0 ? MOTE_TO_DEADLINE : usual_ms;
}

std::uint32_t Run::left_ms() const {
  const std::uint64_t spent_ms = (steady_us() - connecting_us_) / 1000;
  return spent_ms < options_.deadline_ms ? options_.deadline_ms - static_cast<std::uint32_t>(spent_ms) : 1;
}

// --- Results ---

void Run::note_retry() {
  if (mote_call_retried(&client_)) report_.retried();
}

void Run::answered(std::uint64_t number, const echo_EchoReply& reply, Answers what) {
  const std::uint64_t took_us = steady_us() - begun_.steady;
  const std::string_view text = text_of(reply.message);
  if (!text.ends_with(text_of(payload_))) {
    failed(number, MOTE_DATA_LOSS, "the reply differs from the request");
    return;
  }
  const bool first = options_.mode == Mode::ReplyStream && what == Answers::Request;
  report_.answer({.number = number,
                  .at_us = since_start(),
                  .took_us = took_us,
                  .first = first,
                  .text = text,
                  .timing = timing_of(reply, took_us, what)},
                 metadata_);
  metadata_.clear();
}

Timing Run::timing_of(const echo_EchoReply& reply, std::uint64_t took_us, Answers what) {
  if (!reply.has_timing || !options_.timing) return {};
  // Our wall clock is read once for both times, so that a clock change during the call has no effect.
  const CallTimes times = {.sent = begun_.wall,
                           .gateway_received = static_cast<std::int64_t>(reply.timing.received_us),
                           .gateway_sent = static_cast<std::int64_t>(reply.timing.sent_us),
                           .answered = begun_.wall + static_cast<std::int64_t>(took_us)};
  return report_.timing(times, what == Answers::Request);
}

bool Run::failed(std::uint64_t number, mote_status status, const char* detail) {
  if (given_up()) return false;
  report_.failure({.number = number,
                   .at_us = since_start(),
                   .took_us = steady_us() - begun_.steady,
                   .status = status,
                   .detail = detail},
                  metadata_);
  return false;
}

bool Run::failed_by_server(std::uint64_t number) {
  const mote_status status = mote_call_status(&client_);
  const char* text = mote_call_status_text(&client_);
  const ServerLink::Reason reason = link_.reason();
  const bool lost = status == MOTE_UNAVAILABLE && reason[0] != '\0';
  std::array<char, 1400> detail{};
  std::snprintf(detail.data(), detail.size(), lost ? "%s: %s" : "%s", text, reason.data());
  return failed(number, status, detail.data());
}

}  // namespace mote::tool

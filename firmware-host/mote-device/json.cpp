#include "mote-device/json.h"

#include "mote-device/escaped.h"
#include "mote-device/tls_suite.h"

namespace mote::tool::json {
namespace {

// Writes an object and the commas between its members.
class Object {
 public:
  explicit Object(std::FILE* out) : out_(out) { std::fputc('{', out_); }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  ~Object() { std::fputc('}', out_); }

  void number(const char* name, std::uint64_t value) {
    member(name);
    std::fprintf(out_, "%llu", static_cast<unsigned long long>(value));
  }
  void number(const char* name, std::int64_t value) {
    member(name);
    std::fprintf(out_, "%lld", static_cast<long long>(value));
  }
  void real(const char* name, double value) {
    member(name);
    std::fprintf(out_, "%.4f", value);
  }
  void text(const char* name, std::string_view value) {
    member(name);
    put_json_string(value, out_);
  }
  void truth(const char* name, bool value) {
    member(name);
    std::fputs(value ? "true" : "false", out_);
  }
  void member(const char* name) {
    std::fprintf(out_, "%s\"%s\":", first_ ? "" : ",", name);
    first_ = false;
  }

 private:
  std::FILE* out_;
  bool first_ = true;
};

void put_timing(Object& object, const Timing& timing, std::FILE* out) {
  if (!timing.known) return;
  object.member("timing");
  Object inner(out);
  if (timing.complete) {
    inner.number("sent_us", timing.times.sent);
    inner.number("gateway_received_us", timing.times.gateway_received);
  }
  inner.number("gateway_sent_us", timing.times.gateway_sent);
  inner.number("answered_us", timing.times.answered);
  if (timing.complete) inner.number("there_us", timing.ways.there);
  inner.number("back_us", timing.ways.back);
}

void put_metadata(Object& object, const ReceivedMetadata& metadata, std::FILE* out) {
  if (metadata.fields().empty()) return;
  object.member("metadata");
  std::fputc('[', out);
  bool first = true;
  for (const ReceivedMetadata::Field& field : metadata.fields()) {
    if (!first) std::fputc(',', out);
    first = false;
    Object inner(out);
    inner.text("name", field.name);
    inner.text("value", field.value);
    inner.truth("trailing", field.trailing);
  }
  std::fputc(']', out);
  if (metadata.left_out() != 0) object.number("metadata_left_out", std::uint64_t{metadata.left_out()});
}

void put_tls(const mote_tls_session& tls, std::FILE* out) {
  Object object(out);
  object.text("version", tls.version);
  object.member("suite");
  std::fputc('"', out);
  put_suite(tls.suite, out);
  std::fputc('"', out);
  object.number("handshake_ms", std::uint64_t{tls.handshake_ms});
  object.truth("resumed", tls.resumed);
}

void put_spread(Object& object, const char* name, const LatencyHistogram& values, std::FILE* out) {
  if (values.count() == 0) return;
  object.member(name);
  Object inner(out);
  inner.number("min", values.min());
  inner.number("median", values.percentile(50));
  inner.number("mean", values.mean());
  inner.number("p99", values.percentile(99));
  inner.number("max", values.max());
}

void put_failures(Object& object, const Tally& tally, std::FILE* out) {
  object.member("failed_with");
  Object inner(out);
  for (std::size_t code = 0; code < tally.failed_with.size(); ++code) {
    if (tally.failed_with[code] != 0)
      inner.number(mote_status_name(static_cast<mote_status>(code)), tally.failed_with[code]);
  }
}

}  // namespace

void put(const Answer& answer, const ReceivedMetadata& metadata, std::FILE* out) {
  {
    Object object(out);
    object.text("type", "answer");
    object.number("number", answer.number);
    object.number("at_us", answer.at_us);
    object.number("time_us", answer.took_us);
    object.number("bytes", std::uint64_t{answer.text.size()});
    if (answer.first) object.truth("first", true);
    if (answer.text.size() <= kMostTextBytes) object.text("text", answer.text);
    put_timing(object, answer.timing, out);
    put_metadata(object, metadata, out);
  }
  std::fputc('\n', out);
}

void put(const Failure& failure, const ReceivedMetadata& metadata, std::FILE* out) {
  {
    Object object(out);
    object.text("type", "failure");
    object.number("number", failure.number);
    object.number("at_us", failure.at_us);
    object.number("time_us", failure.took_us);
    object.text("status", mote_status_name(failure.status));
    object.number("code", std::uint64_t{failure.status});
    object.text("detail", failure.detail);
    put_metadata(object, metadata, out);
  }
  std::fputc('\n', out);
}

void put(const Collected& collected, const ReceivedMetadata& metadata, std::FILE* out) {
  {
    Object object(out);
    object.text("type", "collected");
    object.number("at_us", collected.at_us);
    object.number("time_us", collected.took_us);
    object.number("sent", collected.sent);
    object.number("messages", collected.messages);
    object.number("bytes", collected.bytes);
    object.number("duration_us", collected.duration_us);
    put_metadata(object, metadata, out);
  }
  std::fputc('\n', out);
}

void put_end(const ReceivedMetadata& metadata, std::FILE* out) {
  {
    Object object(out);
    object.text("type", "end");
    put_metadata(object, metadata, out);
  }
  std::fputc('\n', out);
}

void put_summary(const Options& options, const Tally& tally, const char* peer, std::FILE* out) {
  {
    Object object(out);
    object.text("type", "summary");
    object.text("target", options.target_text);
    object.text("peer", peer);
    object.text("mode", name(options.mode));
    object.number("sent", tally.sent());
    object.number("answered", tally.answered);
    object.number("failed", tally.failed);
    put_failures(object, tally, out);
    object.number("retried", tally.retried);
    object.real("loss_percent", tally.loss_percent());
    object.number("elapsed_us", tally.elapsed_us);
    put_spread(object, "first_us", tally.first, out);
    put_spread(object, "time_us", tally.took, out);
    put_spread(object, "there_us", tally.there, out);
    put_spread(object, "gateway_us", tally.at_gateway, out);
    put_spread(object, "back_us", tally.back, out);
    if (tally.tls.version != nullptr) {
      object.member("tls");
      put_tls(tally.tls, out);
    }
    if (tally.offset.known()) {
      object.number("clock_offset_us", tally.offset.offset());
      object.number("clock_uncertainty_us", tally.offset.uncertainty());
    }
  }
  std::fputc('\n', out);
}

}  // namespace mote::tool::json

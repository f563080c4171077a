#include "mote-device/lines.h"

#include "mote-device/bars.h"
#include "mote-device/escaped.h"
#include "mote-device/tls_suite.h"

namespace mote::tool::lines {
namespace {

using Ull = unsigned long long;

// With fewer values a histogram adds nothing to the table.
constexpr std::uint64_t kFewestToDraw = 5;

double milliseconds(std::uint64_t us) {
  return static_cast<double>(us) / 1000;
}

double milliseconds(std::int64_t us) {
  return static_cast<double>(us) / 1000;
}

// The unit that is counted in a mode.
const char* unit(Mode mode) {
  switch (mode) {
    case Mode::Reply:
    case Mode::Health:
      return "call";
    case Mode::ReplyStream:
      return "reply";
    case Mode::Collect:
    case Mode::Chat:
      break;
  }
  return "message";
}

const char* units(Mode mode) {
  switch (mode) {
    case Mode::Reply:
    case Mode::Health:
      return "calls";
    case Mode::ReplyStream:
      return "replies";
    case Mode::Collect:
    case Mode::Chat:
      break;
  }
  return "messages";
}

// The name of the time of an answer. In a stream of replies only the first one answers a request.
const char* time_name(Mode mode, bool first) {
  return mode == Mode::ReplyStream && !first ? "gap" : "time";
}

void put_row(const char* name, const LatencyHistogram& values, std::FILE* out) {
  if (values.count() == 0) return;
  std::fprintf(out, "%-8s%10.3f%10.3f%10.3f%10.3f\n", name, milliseconds(values.min()),
               milliseconds(values.percentile(50)), milliseconds(values.percentile(99)), milliseconds(values.max()));
}

void put_times(const Options& options, const Tally& tally, std::FILE* out) {
  if (tally.took.count() + tally.first.count() == 0) return;
  std::fprintf(out, "%-8s%10s%10s%10s%10s\n", "ms", "min", "median", "p99", "max");
  put_row("first", tally.first, out);
  put_row(time_name(options.mode, false), tally.took, out);
  put_row("there", tally.there, out);
  put_row("gateway", tally.at_gateway, out);
  put_row("back", tally.back, out);
}

// Prints the base of the estimate of the two directions.
void put_clock(const Tally& tally, std::FILE* out) {
  if (!tally.offset.known()) return;
  const std::int64_t offset = tally.offset.offset();
  std::fprintf(
      out,
      "clock   the gateway's clock is %.3f ms %s ours, +-%.3f ms; estimated from the fastest of the last %zu calls,\n",
      milliseconds(offset < 0 ? -offset : offset), offset < 0 ? "behind" : "ahead of",
      milliseconds(tally.offset.uncertainty()), ClockOffset::kWindow);
  std::fputs("        assuming equal delays in both directions\n", out);
}

void put_tls(const mote_tls_session& tls, std::FILE* out) {
  if (tls.version == nullptr) return;
  std::fprintf(out, "%s ", tls.version);
  put_suite(tls.suite, out);
  std::fprintf(out, ", handshake %u ms%s\n", tls.handshake_ms, tls.resumed ? ", resumed" : "");
}

void put_statuses(const Tally& tally, std::FILE* out) {
  if (tally.failed == 0) return;
  const char* separator = "failed with ";
  for (std::size_t code = 0; code < tally.failed_with.size(); ++code) {
    if (tally.failed_with[code] == 0) continue;
    std::fprintf(out, "%s%s (%llu)", separator, mote_status_name(static_cast<mote_status>(code)),
                 static_cast<Ull>(tally.failed_with[code]));
    separator = ", ";
  }
  std::fputc('\n', out);
}

}  // namespace

void put_begin(const Options& options, std::FILE* out) {
  std::fputs(method(options.mode), out);
  std::fputs(" at ", out);
  put_line_text(options.target_text, out);
  const Ull size = options.size_bytes != 0 ? options.size_bytes : options.message.size();
  if (options.count == 0) {
    std::fprintf(out, ": %s of %llu bytes until Ctrl-C", units(options.mode), size);
  } else {
    std::fprintf(out, ": %u %s of %llu bytes", options.count,
                 options.count == 1 ? unit(options.mode) : units(options.mode), size);
  }
  if (options.count != 1) std::fprintf(out, ", %u ms apart", options.interval_ms);
  std::fputc('\n', out);
}

void put(const Options& options, const Answer& answer, const char* peer, std::FILE* out) {
  std::fprintf(out, "%zu bytes from %s: %s=%llu %s=%.3f ms", answer.text.size(), peer, unit(options.mode),
               static_cast<Ull>(answer.number), time_name(options.mode, answer.first), milliseconds(answer.took_us));
  const Timing& timing = answer.timing;
  if (timing.complete) {
    std::fprintf(out, " there=%.3f gateway=%.3f back=%.3f ms", milliseconds(timing.ways.there),
                 milliseconds(timing.times.gateway()), milliseconds(timing.ways.back));
  } else if (timing.known) {
    std::fprintf(out, " back=%.3f ms", milliseconds(timing.ways.back));
  }
  std::fputc('\n', out);
}

void put(const Options& options, const Failure& failure, std::FILE* out) {
  std::fprintf(out, "%s=%llu %s after %.3f ms", unit(options.mode), static_cast<Ull>(failure.number),
               mote_status_name(failure.status), milliseconds(failure.took_us));
  if (!failure.detail.empty()) {
    std::fputs(": ", out);
    put_line_text(failure.detail, out);
  }
  std::fputc('\n', out);
}

void put(const Collected& collected, const char* peer, std::FILE* out) {
  std::fprintf(out, "%s counted %llu of %llu messages, %llu bytes in %.3f ms", peer,
               static_cast<Ull>(collected.messages), static_cast<Ull>(collected.sent),
               static_cast<Ull>(collected.bytes), milliseconds(collected.duration_us));
  // One byte per microsecond is one megabyte per second.
  if (collected.duration_us != 0)
    std::fprintf(out, " (%.3f MB/s)",
                 static_cast<double>(collected.bytes) / static_cast<double>(collected.duration_us));
  std::fprintf(out, ", summary after %.3f ms\n", milliseconds(collected.took_us));
}

void put(const ReceivedMetadata& metadata, std::FILE* out) {
  for (const ReceivedMetadata::Field& field : metadata.fields()) {
    std::fputs(field.trailing ? "    trailing " : "    initial ", out);
    put_line_text(field.name, out);
    std::fputs(": ", out);
    put_line_text(field.value, out);
    std::fputc('\n', out);
  }
  if (metadata.left_out() != 0) std::fprintf(out, "    and %zu more fields\n", metadata.left_out());
}

void put_summary(const Options& options, const Tally& tally, std::size_t columns, bool blocks, std::FILE* out) {
  if (options.format != Format::Quiet) std::fputc('\n', out);
  std::fputs("--- ", out);
  std::fputs(method(options.mode), out);
  std::fputs(" at ", out);
  put_line_text(options.target_text, out);
  std::fprintf(out, " ---\n%llu %s, %llu answered, %llu failed (%.1f %% loss), %.3f s\n",
               static_cast<Ull>(tally.sent()), tally.sent() == 1 ? unit(options.mode) : units(options.mode),
               static_cast<Ull>(tally.answered), static_cast<Ull>(tally.failed), tally.loss_percent(),
               static_cast<double>(tally.elapsed_us) / 1e6);
  put_statuses(tally, out);
  if (tally.retried != 0)
    std::fprintf(out, "%llu %s repeated, because the server had not processed %s\n", static_cast<Ull>(tally.retried),
                 tally.retried == 1 ? "call was" : "calls were", tally.retried == 1 ? "it" : "them");
  put_tls(tally.tls, out);
  put_times(options, tally, out);
  put_clock(tally, out);
  if (tally.took.count() < kFewestToDraw) return;
  std::fputc('\n', out);
  draw_bars(tally.took, columns, blocks, out);
}

}  // namespace mote::tool::lines

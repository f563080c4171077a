#include "mote-device/report.h"

#include "mote-device/clock.h"
#include "mote-device/escaped.h"
#include "mote-device/json.h"
#include "mote-device/lines.h"

namespace mote::tool {

void Report::begin() {
  if (options_.format == Format::Lines) lines::put_begin(options_, screen_.out);
}

void Report::answer(const Answer& answer, const ReceivedMetadata& metadata) {
  tally_.add(answer);
  progress_.erase();
  switch (options_.format) {
    case Format::Lines:
      lines::put(options_, answer, peer_, screen_.out);
      lines::put(metadata, screen_.out);
      break;
    case Format::Json:
      json::put(answer, metadata, screen_.out);
      break;
    case Format::Text:
      std::fwrite(answer.text.data(), 1, answer.text.size(), screen_.out);
      std::fputc('\n', screen_.out);
      break;
    case Format::Quiet:
      break;
  }
  show_progress();
}

void Report::failure(const Failure& failure, const ReceivedMetadata& metadata) {
  tally_.add(failure);
  progress_.erase();
  switch (options_.format) {
    case Format::Lines:
      lines::put(options_, failure, screen_.out);
      lines::put(metadata, screen_.out);
      break;
    case Format::Json:
      json::put(failure, metadata, screen_.out);
      break;
    case Format::Text:
      std::fputs("mote-device: ", screen_.errors);
      put_line_text(options_.target_text, screen_.errors);
      std::fprintf(screen_.errors, ": %s: ", mote_status_name(failure.status));
      put_line_text(failure.detail, screen_.errors);
      std::fputc('\n', screen_.errors);
      break;
    case Format::Quiet:
      break;
  }
  show_progress();
}

void Report::collected(const Collected& collected, const ReceivedMetadata& metadata) {
  tally_.add(collected);
  progress_.erase();
  switch (options_.format) {
    case Format::Lines:
    case Format::Text:
      lines::put(collected, peer_, screen_.out);
      lines::put(metadata, screen_.out);
      break;
    case Format::Json:
      json::put(collected, metadata, screen_.out);
      break;
    case Format::Quiet:
      break;
  }
}

void Report::stream_ended(const ReceivedMetadata& metadata) {
  if (metadata.fields().empty()) return;
  progress_.erase();
  if (options_.format == Format::Lines) lines::put(metadata, screen_.out);
  if (options_.format == Format::Json) json::put_end(metadata, screen_.out);
}

void Report::end(std::uint64_t elapsed_us) {
  tally_.elapsed_us = elapsed_us;
  progress_.erase();
  switch (options_.format) {
    case Format::Lines:
    case Format::Quiet:
      lines::put_summary(options_, tally_, screen_.columns, screen_.blocks, screen_.out);
      break;
    case Format::Json:
      json::put_summary(options_, tally_, peer_, screen_.out);
      break;
    case Format::Text:
      break;
  }
}

Timing Report::timing(const CallTimes& times, bool request) {
  if (!times.plausible()) return {};
  if (request) tally_.offset.add(times);
  if (!tally_.offset.known()) return {};
  const OneWay ways = request ? tally_.offset.split(times) : OneWay{.there = 0, .back = tally_.offset.back(times)};
  return {.known = true, .complete = request, .times = times, .ways = ways};
}

void Report::show_progress(std::uint64_t messages) {
  progress_.show(options_, tally_, messages, steady_us());
}

}  // namespace mote::tool

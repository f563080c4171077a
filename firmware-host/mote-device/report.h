// Counts the results of a run and prints them in the requested format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "mote-device/options.h"
#include "mote-device/progress.h"
#include "mote-device/received_metadata.h"
#include "mote-device/tally.h"

namespace mote::tool {

// The outputs of the report.
struct Screen {
  std::FILE* out = nullptr;
  std::FILE* errors = nullptr;
  std::FILE* progress = nullptr;  // null: not a terminal
  std::size_t columns = 80;
  bool blocks = false;  // the terminal supports Unicode block characters
};

class Report {
 public:
  // Both must outlive the report. `peer` is the address of the connected server, read at each call; "" before the first
  // connection.
  Report(const Options& options, const Screen& screen, const char* peer)
      : options_(options), screen_(screen), peer_(peer), progress_(screen.progress) {}

  void begin();
  void answer(const Answer& answer, const ReceivedMetadata& metadata);
  void failure(const Failure& failure, const ReceivedMetadata& metadata);
  void collected(const Collected& collected, const ReceivedMetadata& metadata);
  // Prints the metadata of the end of a successful stream.
  void stream_ended(const ReceivedMetadata& metadata);
  // Counts lost messages of a failed stream, except the one that its failure names.
  void lost(std::uint64_t messages, mote_status status) { tally_.add_lost(messages, status); }
  // Counts a call that was repeated.
  void retried() { ++tally_.retried; }
  // Notes the TLS session for the summary.
  void secured(const mote_tls_session& session) { tally_.tls = session; }
  // `elapsed_us`: the duration of the run.
  void end(std::uint64_t elapsed_us);

  // Shows the progress of the run, with `messages` sent in a stream that are not answered yet.
  void show_progress(std::uint64_t messages = 0);

  // Computes the delays from four times. `request`: the answer is to a request of ours and gives both directions. Otherwise
  // only the delay back is known, from the clock offset of earlier answers.
  Timing timing(const CallTimes& times, bool request);

  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  const Options& options_;
  const Screen& screen_;
  const char* peer_;
  Tally tally_;
  Progress progress_;
};

}  // namespace mote::tool

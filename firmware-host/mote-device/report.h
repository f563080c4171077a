// Counts what happens in a run and writes it down, in the format that was asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "mote-device/options.h"
#include "mote-device/progress.h"
#include "mote-device/received_metadata.h"
#include "mote-device/tally.h"

namespace mote::tool {

// Where the report goes.
struct Screen {
  std::FILE* out = nullptr;
  std::FILE* errors = nullptr;
  std::FILE* progress = nullptr;  // null: no terminal is there
  std::size_t columns = 80;
  bool blocks = false;  // Unicode's block characters are there
};

class Report {
 public:
  // Both outlive it. `peer` is the server as it is connected to, at the time of each call; "" before it was.
  Report(const Options& options, const Screen& screen, const char* peer)
      : options_(options), screen_(screen), peer_(peer), progress_(screen.progress) {}

  void begin();
  void answer(const Answer& answer, const ReceivedMetadata& metadata);
  void failure(const Failure& failure, const ReceivedMetadata& metadata);
  void collected(const Collected& collected, const ReceivedMetadata& metadata);
  // Shows what metadata came with the end of a stream that ended well.
  void stream_ended(const ReceivedMetadata& metadata);
  // Messages of a broken stream that are lost beside the one that its failure names.
  void lost(std::uint64_t messages, mote_status status) { tally_.add_lost(messages, status); }
  // The call was made a second time, whatever came of it.
  void retried() { ++tally_.retried; }
  // `elapsed_us`: of the whole run.
  void end(std::uint64_t elapsed_us);

  // Shows how far the run is, with `messages` on their way in a stream that nothing has come of yet.
  void show_progress(std::uint64_t messages = 0);

  // What four times say. `request`: the answer is to a request of ours, and so tells of both directions; of another one only
  // the way back is known, by the clocks' offset from earlier ones.
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

// A run: makes the calls of one mode at the requested interval, until the count is reached or a signal arrives.
//
// The run continues after errors: it counts a failed call, connects again before the next call after a lost connection,
// and opens a new stream for the remaining messages of a failed stream.
#pragma once

#include <array>
#include <csignal>
#include <cstdint>
#include <span>

#include "echo.client.h"
#include "mote-device/options.h"
#include "mote-device/payload.h"
#include "mote-device/received_metadata.h"
#include "mote-device/report.h"
#include "mote-device/server_link.h"
#include "mote/device.h"

namespace mote::tool {

class Run {
 public:
  // All arguments must outlive the run. A signal sets `stop` to end it.
  Run(const Options& options, const Screen& screen, const volatile std::sig_atomic_t& stop);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // False: there is not enough memory for messages of this size, or the files of TLS cannot be used. One line on screen.errors has the
  // reason.
  [[nodiscard]] bool ready() const { return ready_; }
  void go();
  [[nodiscard]] const Tally& tally() const { return report_.tally(); }

 private:
  static constexpr std::size_t kBufferBytes = std::size_t{64} * 1024;
  static constexpr std::size_t kScratchBytes = std::size_t{8} * 1024;
  // The deadline of a call, and the maximum time for an answer in a stream, unless --deadline is given.
  static constexpr std::uint32_t kPatienceMs = 10'000;
  // The client requires a deadline, so streams without a deadline get 20 days.
  static constexpr std::uint32_t kStreamMs = 20U * 24 * 3600 * 1000;

  struct Moment {
    std::uint64_t steady = 0;
    std::int64_t wall = 0;
  };
  // What a reply follows: a request of ours, or the previous reply of a stream.
  enum class Answers : std::uint8_t { Request, Stream };

  void calls();
  void call(std::uint64_t number);
  void replies();
  void receive_replies(echo_Echo_ReplyStream_call stream);
  void chat();
  bool begin_chat(std::uint64_t number);
  bool exchange(std::uint64_t number);
  void collect();
  void collect_once();
  void receive_summary(std::uint64_t sent);
  void stream_lost(std::uint64_t sent);
  void checks();
  void check(std::uint64_t number);

  // False: the connection failed, which is reported for this number. The deadline of the call starts here.
  bool connect(std::uint64_t number);
  // False: the stream that was started has ended, which is reported.
  bool stream_started(std::uint64_t number);
  // Whether the next message of a stream was received.
  bool received(std::uint64_t number, mote_received what);
  void end_stream(std::uint64_t number);
  void note_retry();
  mote_call description(std::uint32_t default_timeout_ms);
  [[nodiscard]] echo_EchoRequest request() const;
  // The time to wait in a stream: until its deadline if it has one.
  [[nodiscard]] std::uint32_t patience_ms(std::uint32_t usual_ms) const;
  // The rest of --deadline, at least 1.
  [[nodiscard]] std::uint32_t left_ms() const;

  [[nodiscard]] bool stopped() const { return stop_ != 0; }
  // The port has closed the connection because of the signal: this is not a failure of the server.
  [[nodiscard]] bool given_up() const { return stopped() && link_.obeys(); }
  // `under_way`: messages sent in a stream that are not counted yet.
  [[nodiscard]] bool wants_more(std::uint64_t under_way = 0) const;
  [[nodiscard]] std::uint64_t next_number() const { return tally().sent() + 1; }
  void wait_until_due();
  void sleep_ms(std::uint32_t wait_ms);
  [[nodiscard]] std::uint64_t since_start() const;
  static Moment now();

  void answered(std::uint64_t number, const echo_EchoReply& reply, Answers what);
  Timing timing_of(const echo_EchoReply& reply, std::uint64_t took_us, Answers what);
  // Both return false, which the caller returns.
  bool failed(std::uint64_t number, mote_status status, const char* detail);
  bool failed_by_server(std::uint64_t number);

  const Options& options_;
  const volatile std::sig_atomic_t& stop_;
  Memory memory_;
  std::span<std::uint8_t> payload_;
  std::array<std::uint8_t, kBufferBytes> input_{};
  std::array<std::uint8_t, kBufferBytes> output_{};
  std::array<std::uint8_t, kScratchBytes> scratch_{};
  std::array<std::uint8_t, 1024> text_{};
  ServerLink link_;
  bool ready_ = false;
  mote_options client_options_{};
  mote_memory client_memory_{};
  mote_client client_{};
  ReceivedMetadata metadata_;
  Report report_;
  std::uint64_t start_us_ = 0;
  std::uint64_t due_us_ = 0;
  std::uint64_t connecting_us_ = 0;  // when the current call began, including its connection
  Moment begun_;                     // when the current call or message was sent
};

}  // namespace mote::tool

// Models of real gRPC clients, written from their sources and documents. They answer a server as these clients do, in any order
// that an application can cause. All their frames are lawful, so a server must never end such a connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "support/frame_script.h"
#include "support/frame_text.h"

namespace mote::test {

struct Habits {
  enum class Ping : std::uint8_t { Never, OneAtATime, EachFrame };

  std::string_view name;
  Ping ping;                // For DATA: bandwidth estimation. EachFrame: for HEADERS too, without waiting for answers.
  bool update_before_ping;  // With WINDOW_UPDATE for the connection.
  bool grows_window;        // A higher estimate is sent as SETTINGS_INITIAL_WINDOW_SIZE.
  bool update_with_request;
  std::uint32_t grants_per_window;  // WINDOW_UPDATEs for each window's worth of DATA; 0: one for each DATA frame.
  bool empty_end;                   // END_STREAM is in a DATA frame without bytes.
  bool prefix_alone;                // The prefix of a message has its own DATA frame.
  bool resets_after_end;            // RST_STREAM for a call that the server ended before its request.
  bool resets_idle_streams;         // RST_STREAM for a call that was cancelled before its HEADERS were written.
  bool priorities;                  // PRIORITY frames for idle streams at the start.
};

// grpc/grpc (C-core: C++, Python, Ruby): bdp_estimator, flow_control, chttp2_transport; issues 19655 and 38758.
inline constexpr Habits kCCore = {.name = "C-core",
                                  .ping = Habits::Ping::OneAtATime,
                                  .update_before_ping = false,
                                  .grows_window = true,
                                  .update_with_request = true,
                                  .grants_per_window = 0,
                                  .empty_end = false,
                                  .prefix_alone = false,
                                  .resets_after_end = true,
                                  .resets_idle_streams = true,
                                  .priorities = false};
// grpc/grpc-go: internal/transport/bdp_estimator.go, flowcontrol.go, http2_client.go.
inline constexpr Habits kGrpcGo = {.name = "grpc-go",
                                   .ping = Habits::Ping::OneAtATime,
                                   .update_before_ping = true,
                                   .grows_window = true,
                                   .update_with_request = false,
                                   .grants_per_window = 4,
                                   .empty_end = true,
                                   .prefix_alone = true,
                                   .resets_after_end = true,
                                   .resets_idle_streams = false,
                                   .priorities = false};
// grpc/grpc-java: AbstractNettyHandler's FlowControlPinger; Netty's DefaultHttp2LocalFlowController.
inline constexpr Habits kNetty = {.name = "Netty",
                                  .ping = Habits::Ping::OneAtATime,
                                  .update_before_ping = false,
                                  .grows_window = true,
                                  .update_with_request = false,
                                  .grants_per_window = 2,
                                  .empty_end = true,
                                  .prefix_alone = false,
                                  .resets_after_end = false,
                                  .resets_idle_streams = false,
                                  .priorities = false};
// nghttp2 (curl, h2load, Envoy, Node.js): automatic WINDOW_UPDATE at half a window; `nghttp` opens with PRIORITY.
inline constexpr Habits kNghttp2 = {.name = "nghttp2",
                                    .ping = Habits::Ping::Never,
                                    .update_before_ping = false,
                                    .grows_window = false,
                                    .update_with_request = false,
                                    .grants_per_window = 2,
                                    .empty_end = true,
                                    .prefix_alone = false,
                                    .resets_after_end = false,
                                    .resets_idle_streams = false,
                                    .priorities = true};
// The client that answers most: like .NET while it measures the round trip, but for the whole connection.
inline constexpr Habits kEager = {.name = "eager",
                                  .ping = Habits::Ping::EachFrame,
                                  .update_before_ping = true,
                                  .grows_window = false,
                                  .update_with_request = true,
                                  .grants_per_window = 0,
                                  .empty_end = true,
                                  .prefix_alone = true,
                                  .resets_after_end = true,
                                  .resets_idle_streams = false,
                                  .priorities = true};

inline constexpr const Habits* kLawfulPeers[] = {&kCCore, &kGrpcGo, &kNetty, &kNghttp2, &kEager};

class LawfulPeer {
 public:
  using Time = std::chrono::microseconds;
  // A number from 0 to `most`.
  using Pick = std::function<std::size_t(std::size_t most)>;

  // The connection preface is the first output.
  LawfulPeer(const Habits& habits, Pick pick);

  // The bytes to send since the last call.
  Octets output();
  // Processes received bytes, which may be cut anywhere.
  void receive(std::span<const std::uint8_t> bytes);
  // One action of the application: it opens, continues, ends or cancels a call. Also cancels calls whose deadline has passed.
  void act(Time now);
  // Cancels the calls that can be cancelled, and ends all other requests.
  void wind_up(Time now);

  [[nodiscard]] bool idle() const { return calls_.empty(); }
  // The text of a received GOAWAY, or empty.
  [[nodiscard]] const std::string& goaway() const { return goaway_; }
  [[nodiscard]] std::int64_t connection_window() const { return send_window_; }
  [[nodiscard]] std::size_t frames_sent() const { return frames_; }
  [[nodiscard]] std::string_view name() const { return habits_.name; }

 private:
  struct Call {
    Time opened;
    Time deadline;
    std::int64_t send_window;
    std::uint32_t received = 0;       // DATA bytes that no WINDOW_UPDATE has granted again.
    std::deque<std::string> waiting;  // Unsent pieces, one DATA frame each if the windows allow it.
    bool streaming = false;
    bool ending = false;  // The request ends after the waiting pieces.
    bool ended = false;
    bool replied = false;
  };
  using Calls = std::map<std::uint32_t, Call>;
  // The current aim of the application, so that each budget is tested without the refunds of other calls.
  enum class Mood : std::uint8_t { Anything, RefusedCalls, CancelledCalls };

  void change_mood();
  void act(Time now, std::size_t action);
  void open(Time now);
  void feed(Call& call, std::uint32_t replies);
  void put(Call& call, const std::string& message) const;
  void flush(std::uint32_t id, Call& call);
  void flush_all();
  void cancel(Calls::iterator call);
  void cancel_at_once(Time now);
  [[nodiscard]] bool worth_cancelling(const Call& call, Time now) const;
  Calls::iterator any_call();

  void take(const RawFrame& frame);
  void take_data(const RawFrame& frame);
  void take_settings(const RawFrame& frame);
  void take_window_update(const RawFrame& frame);
  void end_by_server(std::uint32_t id);
  void answer_with_ping();
  void grow_window();
  [[nodiscard]] bool grants(std::uint32_t received) const;
  void update(std::uint32_t id, std::uint32_t& received);
  FrameScript& script();

  const Habits& habits_;
  Pick pick_;
  FrameScript script_;
  Octets unread_;
  Calls calls_;
  std::uint32_t next_id_ = 1;
  std::uint32_t max_calls_ = 100;
  std::int64_t send_window_ = 65535;
  std::int64_t initial_send_window_ = 65535;
  std::uint32_t received_ = 0;
  std::uint32_t growths_ = 0;
  Mood mood_ = Mood::Anything;
  std::size_t acts_ = 0;
  bool ping_in_flight_ = false;
  Time now_{};
  Time opens_at_{};    // Backoff after REFUSED_STREAM.
  Time cancels_at_{};  // The next call that is cancelled at once.
  std::size_t frames_ = 0;
  std::string goaway_;
};

}  // namespace mote::test

// A client of the gateway for fuzzers: it writes valid and invalid frames, checks all answers, and records which of its calls
// must still be ended by the gateway.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/fake_system.h"
#include "fuzz/output_judge.h"
#include "mote/span.h"

namespace mote::fuzz {

class Client {
 public:
  struct Request {
    std::string_view path = "/echo.Echo/Reply";
    std::string_view method = "POST";
    std::string_view content_type = "application/grpc";
    std::string_view timeout;
    std::string_view encoding;
    std::string_view accepted;  // grpc-accept-encoding
    bool te = true;
    bool indexed = false;  // Custom metadata is added to the header table.
    std::size_t metadata_bytes = 0;
    std::size_t fields = 1;  // The number of fields of the metadata.
    std::string_view name = "x-echo-a";
  };
  struct Call {
    bool ended_by_us = false;
    bool endless = false;  // The gateway need not end the call although the request has ended.
    bool ended = false;
  };

  Client(System& system, std::uint32_t table_bytes);

  // --- Sending ---

  // The client preface, then SETTINGS of these settings.
  void greet(std::span<const std::pair<std::uint16_t, std::uint32_t>> settings);
  void send(Bytes bytes);
  void frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, Bytes payload);
  void number_frame(std::uint8_t type, std::uint32_t stream, std::uint32_t number);
  void setting(std::uint16_t id, std::uint32_t value);
  void acknowledge_settings();
  // Opens a stream; the block is cut into frames of at most `frame_bytes`. Without `ended` it is left open.
  std::uint32_t request(const Request& request, bool end_stream, std::size_t frame_bytes, bool ended = true);
  void end_block(Bytes rest);
  void data(std::uint32_t stream, Bytes bytes, std::size_t frame_bytes, std::uint8_t padding, bool end_stream);
  void reset(std::uint32_t stream);
  void grant(std::uint32_t stream, std::uint32_t bytes);
  // From now on the gateway need not end calls, because the client breaks rules.
  void go_wrong() { wrong_ = true; }
  // Its bytes may announce any SETTINGS_MAX_FRAME_SIZE.
  void allow_any_frames() { judge_.allow_frames(UINT32_MAX); }

  void hold(bool on);
  void deliver(std::size_t bytes);
  void close();
  void abort();

  // --- Receiving ---

  void listen();
  [[nodiscard]] Socket& socket() { return system_.socket(number_); }
  [[nodiscard]] bool over() { return socket().engine_closed || socket().engine_shut_down; }
  // A stream of this connection, an open one if there is one.
  [[nodiscard]] std::uint32_t stream(std::uint8_t choice) const;
  [[nodiscard]] bool has_calls() const { return !calls_.empty(); }
  [[nodiscard]] std::uint32_t new_stream() const { return next_stream_; }
  void mark_endless(std::uint32_t stream) { calls_[stream].endless = true; }
  // Lets all calls finish: reads everything, grants windows, and ends calls that would not end by themselves.
  void settle();
  // Every call whose request has ended was answered, or the connection was closed with GOAWAY.
  void check_answered();

 private:
  struct Window {
    std::int64_t granted = 0;
    std::int64_t sent = 0;
  };

  void received(const test::RawFrame& frame);
  void note_settings(Bytes payload);
  void check_window(std::uint32_t stream, std::size_t bytes);

  System& system_;
  std::size_t number_;
  std::uint32_t table_bytes_;
  OutputJudge judge_;
  std::map<std::uint32_t, Call> calls_;
  std::map<std::uint32_t, Window> windows_;
  std::int64_t initial_window_ = 65535;
  std::uint32_t next_stream_ = 1;
  std::uint32_t open_block_ = 0;
  std::uint32_t goaway_last_ = 0x7fffffff;
  bool goaway_error_ = false;
  bool wrong_ = false;
  bool holding_ = false;
  bool http1_ = false;
  bool update_table_ = false;
};

}  // namespace mote::fuzz

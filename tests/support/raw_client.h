// The client's end of a socket: it sends any bytes and sorts what it receives by stream.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hpack/decoder.h"
#include "support/frame_script.h"
#include "support/frame_text.h"

namespace mote::test {

// What arrived on one stream.
struct Answer {
  std::vector<std::string> head;  // "name: value"
  std::string data;
  std::vector<std::string> trailers;
  bool ended = false;  // END_STREAM
  std::string reset;   // The code of RST_STREAM.

  // The value of a field of the trailers, or if it is not there, of the head; "none" if it is in neither.
  [[nodiscard]] std::string field(std::string_view name) const;
  [[nodiscard]] std::string status() const { return field("grpc-status"); }
  [[nodiscard]] std::string message() const { return field("grpc-message"); }
  // The gRPC messages of the data, without their prefixes; the last is "CUT SHORT" if it is incomplete.
  [[nodiscard]] std::vector<std::string> messages() const;
};

class RawClient {
 public:
  // Takes over a connected, non-blocking socket.
  explicit RawClient(int descriptor) : descriptor_(descriptor), decoder_(table_, table_.size()) {}
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // Sends all bytes; the socket must have room.
  void send(const Octets& bytes) const;
  void send(const FrameScript& script) const { send(script.bytes()); }
  void close();
  void shut_down() const;

  // Receives at most `most_bytes`. Returns the number of bytes.
  std::size_t receive(std::size_t most_bytes = SIZE_MAX);
  // What has arrived on the stream since it began.
  const Answer& answer(http2::StreamId stream);
  // The frames of the connection (SETTINGS, PING, GOAWAY) and WINDOW_UPDATEs since the last call, one line each.
  std::vector<std::string> control();
  // All bytes since the last call, if they are not HTTP/2.
  std::string text();
  // The server has closed its end, and everything was received.
  bool closed();

 private:
  void take(const RawFrame& frame);
  std::vector<std::string> decode(const Octets& block);

  int descriptor_;
  std::array<std::uint8_t, 4096> table_{};
  hpack::Decoder decoder_;
  std::string bytes_;
  Octets unread_;
  Octets block_;  // A header block in several frames.
  std::map<http2::StreamId, Answer> answers_;
  std::vector<std::string> control_;
  bool end_ = false;
};

// A gRPC message with its prefix.
std::string framed(std::string_view message, char flag = 0);

}  // namespace mote::test

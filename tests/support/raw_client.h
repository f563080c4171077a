// The client's end of a socket: frames by hand out, what comes in sorted by stream.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hpack/decoder.h"
#include "support/frame_script.h"
#include "support/frame_text.h"

namespace mote::test {

// What came on one stream.
struct Answer {
  std::vector<std::string> head;  // "name: value"
  std::string data;
  std::vector<std::string> trailers;
  bool ended = false;  // END_STREAM
  std::string reset;   // The code of RST_STREAM.

  // The value of a field of the trailers, or else of the head; "none" where there is none.
  [[nodiscard]] std::string field(std::string_view name) const;
  [[nodiscard]] std::string status() const { return field("grpc-status"); }
  [[nodiscard]] std::string message() const { return field("grpc-message"); }
  // The gRPC messages of the data, without their prefixes; the last is "CUT SHORT" where it is not whole.
  [[nodiscard]] std::vector<std::string> messages() const;
};

class RawClient {
 public:
  // Takes over a connected, non-blocking socket.
  explicit RawClient(int descriptor) : descriptor_(descriptor), decoder_(table_, table_.size()) {}
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // Sends all of it; the socket has to have room.
  void send(const Octets& bytes) const;
  void send(const FrameScript& script) const { send(script.bytes()); }
  void close();
  void shut_down() const;

  // Takes what has come, at most so much. Returns how many bytes it was.
  std::size_t receive(std::size_t most_bytes = SIZE_MAX);
  // What has come on that stream since it began.
  const Answer& answer(http2::StreamId stream);
  // The frames of the connection (SETTINGS, PING, GOAWAY) and WINDOW_UPDATEs since the last call, one line each.
  std::vector<std::string> control();
  // All bytes since the last call, where they are not HTTP/2.
  std::string text();
  // The server has closed its end, behind all that was received.
  bool closed();

 private:
  void take(const RawFrame& frame);
  std::vector<std::string> decode(const Octets& block);

  int descriptor_;
  std::array<std::uint8_t, 4096> table_{};
  hpack::Decoder decoder_;
  std::string bytes_;
  Octets unread_;
  Octets block_;  // Of a header block in parts.
  std::map<http2::StreamId, Answer> answers_;
  std::vector<std::string> control_;
  bool end_ = false;
};

// A gRPC message with its prefix.
std::string framed(std::string_view message, char flag = 0);

}  // namespace mote::test

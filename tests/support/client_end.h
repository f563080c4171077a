// The client's end of a connection for tests. Each buffer has exactly the size that it needs, so that AddressSanitizer detects
// accesses outside.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "http2/client/client_connection.h"
#include "support/connection_end.h"
#include "support/frame_script.h"

namespace mote::test {

class ClientEnd : public ConnectionEnd<ClientEnd> {
 public:
  using Event = http2::ClientConnection::Event;

  explicit ClientEnd(const http2::ClientConnection::Limits& limits = {}, std::size_t room_bytes = 65536,
                     std::size_t scratch_bytes = 8192)
      : buffer_(room_bytes, 0xcc), scratch_(scratch_bytes, 0xa5), connection(limits, buffer_, scratch_) {}

 private:
  std::vector<std::uint8_t> buffer_;
  std::vector<std::uint8_t> scratch_;

 public:
  http2::ClientConnection connection;
  // "field name: value", "malformed field name", "200 headers", "data abc" (neighbours are joined), "end", "reset CANCEL",
  // "unprocessed", "malformed", "failed PROTOCOL_ERROR why". The line of a section that is too large ends in "too large".
  std::vector<std::string> lines;

  void start() { connection.start(); }
  ByteWriter& writer() { return connection.out(); }

  // A connection that has failed ignores all bytes.
  void feed(const Octets& bytes) {
    if (failed_) return;
    const Octets in(bytes);
    connection.receive(in);
    for (;;) {
      const Event event = connection.next();
      note(event);
      if (event == Event::Failed) return;
      if (event == Event::None && !connection.waits_for_room()) return;
      if (event == Event::None) drain();
    }
  }
  void feed(const FrameScript& script) { feed(script.bytes()); }

  // The events since the last call, one line each.
  std::vector<std::string> received() { return std::exchange(lines, {}); }
  [[nodiscard]] bool failed() const { return failed_; }

  // Sends a request. False: its headers do not fit.
  bool open(const Block& block, bool end) {
    drain();
    connection.begin_request();
    connection.out().bytes(block.bytes());
    if (!connection.open()) {
      connection.out().rewind(0);
      return false;
    }
    drain();
    if (end) connection.send_data(0, true);
    return true;
  }
  // Returns the number of bytes that the windows and the writer allowed.
  std::size_t send_data(std::string_view text, bool last) {
    const std::size_t size = fill(connection.data_place(), text);
    connection.send_data(size, last && size == text.size());
    return size;
  }

 private:
  void note(Event event) {
    switch (event) {
      case Event::None:
        return;
      case Event::Field:
        lines.push_back("field " + std::string(connection.field().name) + ": " + std::string(connection.field().value));
        break;
      case Event::MalformedField:
        lines.push_back("malformed field " + std::string(connection.field().name));
        break;
      case Event::Headers:
        lines.push_back(std::to_string(connection.status()) + " headers" +
                        (connection.too_large() ? " too large" : ""));
        break;
      case Event::Data:
        if (lines.empty() || !lines.back().starts_with("data ")) lines.emplace_back("data ");
        lines.back() += as_text(connection.data());
        break;
      case Event::End:
        lines.push_back(std::string("end") + (connection.too_large() ? " too large" : ""));
        break;
      case Event::Reset:
        lines.push_back("reset " + std::string(name(connection.error())));
        break;
      case Event::Unprocessed:
        lines.emplace_back("unprocessed");
        break;
      case Event::Malformed:
        lines.emplace_back("malformed");
        break;
      case Event::Failed:
        failed_ = true;
        lines.push_back("failed " + std::string(name(http2::code_of(connection.fault()))) + ' ' +
                        std::string(http2::reason_of(connection.fault())));
        break;
    }
  }

  bool failed_ = false;
};

// A client that has received the server's SETTINGS and their acknowledgement. Output up to here is cleared.
struct ReadyClient : ClientEnd {
  explicit ReadyClient(const http2::ClientConnection::Limits& limits = {}, std::size_t room_bytes = 65536,
                       std::size_t scratch_bytes = 8192)
      : ClientEnd(limits, room_bytes, scratch_bytes) {
    start();
    feed(FrameScript().settings().settings_ack());
    output();
  }
  void open(bool end = false) {
    static_cast<void>(ClientEnd::open(request(), end));
    output();
  }
};

// The last event of a client with an open stream that receives this script.
inline std::string last_of(const FrameScript& script) {
  ReadyClient client;
  client.open();
  client.feed(script);
  return client.lines.empty() ? "" : client.lines.back();
}

}  // namespace mote::test

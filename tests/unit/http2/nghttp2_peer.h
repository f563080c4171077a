// One end of a connection with libnghttp2. It records what it receives in the format of RecordingEvents.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "message_story.h"
#include "support/frame_script.h"

namespace mote::test {

class Nghttp2Peer {
 public:
  struct Choices {
    bool server = false;
    bool pads = false;
    bool consumes_at_once = true;  // Otherwise only consume() grants windows.
    std::vector<nghttp2_settings_entry> settings = {};
  };

  Nghttp2Peer(const Choices& choices, std::mt19937& random);
  ~Nghttp2Peer();
  Nghttp2Peer(const Nghttp2Peer&) = delete;
  Nghttp2Peer& operator=(const Nghttp2Peer&) = delete;

  std::vector<std::string> lines;

  std::int32_t request(const Message& message);
  void respond(std::int32_t stream, const Message& message);
  void reset(std::int32_t stream, std::uint32_t code);
  void settings(const std::vector<nghttp2_settings_entry>& entries);
  void ping(std::uint64_t payload);
  void goaway();
  // Grants a part of the received bytes again, and resumes waiting DATA.
  void consume();

  // False: nghttp2 has ended the connection.
  bool feed(const Octets& bytes);
  Octets output();

  [[nodiscard]] bool idle(std::int32_t stream) const;  // Neither open nor half-closed.
  // The error code of the GOAWAY that was sent for a fault of ours, or of a refusal without one; and its text.
  [[nodiscard]] std::uint32_t error() const { return error_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  struct Sending {
    Message message;
    std::size_t sent = 0;
    bool waiting = false;
  };
  struct Callbacks;

  nghttp2_data_provider provider();
  Sending& sending(std::int32_t stream) { return sending_[stream]; }

  nghttp2_session* session_ = nullptr;
  std::mt19937& random_;
  std::map<std::int32_t, Sending> sending_;
  std::map<std::int32_t, std::size_t> unconsumed_;
  std::map<std::int32_t, int> sections_;
  std::map<std::int32_t, bool> informational_;
  std::uint32_t error_ = 0;
  std::string reason_;
  bool pads_;
};

}  // namespace mote::test

// A port without a board: the server is a script, and the clock moves only during waits.
#pragma once

#include <climits>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "mote/port.h"
#include "support/frame_script.h"

namespace mote::test {

class FakePort {
 public:
  FakePort() = default;
  FakePort(const FakePort&) = delete;
  FakePort& operator=(const FakePort&) = delete;

  [[nodiscard]] mote_port functions();

  // The server sends these bytes at once.
  void sends(const Octets& bytes) { incoming_ = std::move(incoming_) + bytes; }
  void sends(const FrameScript& script) { sends(script.bytes()); }
  // The server sends them in answer to the client's next HEADERS frame that has no answer yet.
  void answers(const FrameScript& script) { answers_.push_back(script.bytes()); }
  // The answer to other streams.
  std::function<FrameScript(std::uint32_t stream)> otherwise;
  // The server sends them at this time.
  void sends_at(std::uint32_t at_ms, const FrameScript& script) { later_.push_back({at_ms, script.bytes()}); }
  // The server sends them repeatedly, when a read finds less than one script; each takes a millisecond.
  void floods(const FrameScript& script) { flood_ = script.bytes(); }
  // The server closes the connection after the bytes sent so far.
  void closes() { ended_ = true; }

  // The client's frames since the last call, one line each, without the preface.
  std::vector<std::string> sent();
  // The header blocks of the client's requests.
  std::vector<Octets> requests;

  std::uint32_t now_ms = 1000;
  std::size_t piece_bytes = SIZE_MAX;  // the most that one read returns
  bool sends_settings = true;          // A new connection begins with SETTINGS and the acknowledgement of the client's.
  bool closes_at_once = false;         // A new connection ends before its first byte.
  bool refuses = false;                // Each connect fails after refusal_ms.
  std::uint32_t refusal_ms = 0;
  bool blocks_writes = false;       // Nothing can be sent.
  unsigned free_writes = UINT_MAX;  // The number of writes that succeed; all later ones fail.
  unsigned connects = 0;
  unsigned disconnects = 0;
  unsigned reads = 0;

 private:
  struct Later {
    std::uint32_t at_ms;
    Octets bytes;
  };

  static FakePort& of(void* port) { return *static_cast<FakePort*>(port); }
  bool connect(std::uint32_t deadline_ms);
  bool write(Octets bytes, std::uint32_t deadline_ms);
  int read(std::span<std::uint8_t> into, std::uint32_t deadline_ms);
  void wait_until(std::uint32_t deadline_ms);
  void answer_requests(const Octets& frames);

  Octets incoming_;
  std::deque<Octets> answers_;
  std::deque<Later> later_;
  Octets flood_;
  Octets written_;
  bool ended_ = false;
};

}  // namespace mote::test

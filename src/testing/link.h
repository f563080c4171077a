// The bytes of one connection, in memory. The server reads and writes it as a ByteStream; a Channel has the other end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "engine/lean/byte_stream.h"
#include "mote/rpc/time.h"

namespace mote::lean {
class Connection;
}

namespace mote::testing {

class Link final : public lean::ByteStream {
 public:
  // What each direction holds before and behind the link: as much as the small buffers of a socket.
  static constexpr std::size_t kBufferBytes = std::size_t{16} * 1024;

  // --- The server's end ---

  lean::IoResult read(MutableBytes to) override;
  lean::IoResult write(Bytes from) override;
  void shut_down() override { down_.end_sent = true; }
  // There are bytes to read, or the end.
  [[nodiscard]] bool readable() const { return up_.readable(); }
  // There is room for bytes, or nobody to send them to.
  [[nodiscard]] bool writable() const { return broken_ || down_.room() != 0; }

  // --- The client's end ---

  // Takes as many bytes as there is room for; returns how many.
  std::size_t send(Bytes bytes) { return up_.put(bytes); }
  std::size_t receive(MutableBytes to) { return down_.take(to); }
  [[nodiscard]] bool has_bytes() const { return down_.readable(); }
  // Nothing that is sent arrives, and the client can know it.
  [[nodiscard]] bool closed() const { return broken_ || (connection == nullptr && down_.end_arrived); }
  void close();

  // --- The link ---

  void limit_bytes(std::size_t bytes_per_ms) { bytes_per_ms_ = up_.budget = down_.budget = bytes_per_ms; }
  void cut();
  // Moves bytes, and the end behind them. True: something arrived.
  bool pass(rpc::Time now);
  // When bytes that wait may pass; Time::max(): none wait.
  [[nodiscard]] rpc::Time next_pass() const;
  // Neither end uses it.
  [[nodiscard]] bool over() const { return connection == nullptr && client_closed_; }

  lean::Connection* connection = nullptr;  // Null: the server has closed it.

 private:
  struct Direction {
    [[nodiscard]] std::size_t room() const { return kBufferBytes - sent.size(); }
    [[nodiscard]] bool readable() const { return !arrived.empty() || end_arrived; }
    // Bytes or the end wait, and there is room for them.
    [[nodiscard]] bool waits() const;
    std::size_t put(Bytes bytes);
    std::size_t take(MutableBytes to);
    bool pass();
    void cut();

    std::deque<std::uint8_t> sent;
    std::deque<std::uint8_t> arrived;
    std::size_t budget = SIZE_MAX;  // Bytes that may still pass in this millisecond.
    bool end_sent = false;
    bool end_arrived = false;
  };

  Direction up_;
  Direction down_;
  std::size_t bytes_per_ms_ = SIZE_MAX;
  std::chrono::milliseconds budget_of_{};  // The millisecond that the budgets are for.
  bool client_closed_ = false;
  bool broken_ = false;
};

}  // namespace mote::testing

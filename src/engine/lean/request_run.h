// Encoding into a RequestRun shows whether a reply is a few bytes, a part of its request, and a few bytes, as an echo is. Then the
// reply can take the blocks of this part instead of a copy. It only looks: neither request nor reply changes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "bytes/byte_writer.h"
#include "mote/bytes.h"
#include "mote/message.h"

namespace mote::lean {

class RequestRun final : public codec::ByteSink {
 public:
  explicit RequestRun(const mote_piece* request) : request_(request) {}

  // False: the reply is different.
  bool write(Bytes bytes) override;

  // Bytes of the request that the reply contains, and where they begin in the request. They begin anywhere in a piece. The size is 0
  // if there are none.
  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // What the reply has before and after them.
  [[nodiscard]] Bytes before() const { return Bytes(before_).first(before_size_); }
  [[nodiscard]] Bytes after() const { return Bytes(after_).first(after_size_); }

 private:
  static constexpr std::size_t kFewBytes = 64;
  using Few = std::array<std::uint8_t, kFewBytes>;

  bool begin(Bytes bytes);
  static bool add(Bytes bytes, Few& few, std::size_t& size);

  const mote_piece* request_;
  const mote_piece* next_ =
      nullptr;  // The piece that would continue the run; nullptr if it has not begun or has ended.
  std::size_t offset_ = 0;
  std::size_t size_ = 0;
  std::size_t before_size_ = 0;
  std::size_t after_size_ = 0;
  Few before_{};
  Few after_{};
};

}  // namespace mote::lean

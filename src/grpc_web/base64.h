// Base64 (RFC 4648 4) as gRPC-Web's text format has it: several encoded texts, each with its padding, may follow each other.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bytes/byte_writer.h"
#include "mote/span.h"

namespace mote::grpc_web {

class Base64Decoder {
 public:
  // Decodes the next piece of a text, which may be cut anywhere. `out` has room for 3 bytes for every 4 of the text and the
  // three before it; it may be the memory of the text itself. False: it is not base64.
  [[nodiscard]] bool decode(Bytes text, ByteWriter& out);
  // The text may end here.
  [[nodiscard]] bool complete() const { return taken_ == 0; }

 private:
  std::uint32_t bits_ = 0;
  std::uint8_t taken_ = 0;    // Characters of the group of four,
  std::uint8_t padding_ = 0;  // of which so many are padding.
};

// Of `size` bytes, with padding.
constexpr std::size_t base64_size(std::size_t size) {
  return (size + 2) / 3 * 4;
}

// How many bytes become at most `room` characters.
constexpr std::size_t base64_fits(std::size_t room) {
  return room / 4 * 3;
}

// Encodes the first `size` bytes of `buffer` in place. The buffer has base64_size(size) bytes at least.
void base64_encode(MutableBytes buffer, std::size_t size);

}  // namespace mote::grpc_web

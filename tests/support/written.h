// Captures what a function writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bytes/byte_writer.h"
#include "mote/span.h"

namespace mote::test {

// The text that `write` writes to a ByteWriter of `room` bytes; nullopt if the writer overflowed.
template <typename Write>
std::optional<std::string> written(Write&& write, std::size_t room = 4096) {
  std::vector<std::uint8_t> buffer(room);
  ByteWriter out(buffer);
  write(out);
  if (out.overflowed()) return std::nullopt;
  return std::string(as_text(out.written()));
}

}  // namespace mote::test

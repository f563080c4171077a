// Splits bytes into pieces.
#pragma once

#include <algorithm>
#include <cstddef>

#include "support/frame_script.h"

namespace mote::test {

// Passes the bytes to `take` in pieces of the sizes that `next` returns.
template <typename Next, typename Take>
void in_pieces(const Octets& bytes, Next next, Take take) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = std::min<std::size_t>(next(), bytes.size() - at);
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    take(Octets(from, from + static_cast<std::ptrdiff_t>(size)));
    at += size;
  }
}

// Removes at most `most` bytes from the front and returns them.
inline Octets take_front(Octets& pipe, std::size_t most) {
  const auto end = pipe.begin() + static_cast<std::ptrdiff_t>(std::min(pipe.size(), most));
  Octets part(pipe.begin(), end);
  pipe.erase(pipe.begin(), end);
  return part;
}

}  // namespace mote::test

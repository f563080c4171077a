// The common part of the two ends of a connection in tests: it collects the output and passes on input in pieces.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/frame_script.h"
#include "support/frame_text.h"
#include "support/pieces.h"

namespace mote::test {

// `End` has feed(bytes) and writer(), the ByteWriter of its connection.
template <class End>
class ConnectionEnd {
 public:
  // Passes on bytes in pieces of the sizes that `next` returns, and collects the output after each.
  template <typename Next>
  void feed_in_pieces(const Octets& bytes, Next next) {
    in_pieces(bytes, next, [this](const Octets& piece) {
      end().feed(piece);
      drain();
    });
  }

  // Moves the output of the connection from its writer to output() and sent().
  void drain() {
    ByteWriter& out = end().writer();
    output_.insert(output_.end(), out.written().begin(), out.written().end());
    if (out.overflowed()) output_.push_back(0xff);
    out.rewind(0);
  }
  // The bytes written since the last call.
  Octets output() {
    drain();
    return std::exchange(output_, {});
  }
  // The frames written since the last call, one line each.
  std::vector<std::string> sent() { return lines_of(output()); }

 protected:
  // Copies as much of `text` as fits, and returns its size.
  static std::size_t fill(MutableBytes place, std::string_view text) {
    const std::size_t size = std::min(place.size(), text.size());
    std::copy_n(text.begin(), size, place.begin());
    return size;
  }

 private:
  End& end() { return static_cast<End&>(*this); }

  Octets output_;
};

}  // namespace mote::test

// Which stream ids the client has used (RFC 9113 5.1.1): its ids are odd, and each new one is higher than all before.
// headers.cpp checks this for each HEADERS frame.
#pragma once

#include "http2/constants.h"

namespace mote::http2 {

class StreamIds {
 public:
  [[nodiscard]] static bool of_client(StreamId id) { return id % 2 != 0; }
  [[nodiscard]] bool is_new(StreamId id) const { return id > last_; }
  // Opens a new stream. The idle streams with lower ids become closed.
  void open(StreamId id) {
    if (id > last_ + 2) passed_over_ = true;
    last_ = id;
  }

  // The stream was never opened (RFC 9113 5.1). Streams of the server's own are always idle: it opens none.
  [[nodiscard]] bool idle(StreamId id) const { return !of_client(id) || is_new(id); }
  // The highest id that the client opened; 0 before the first.
  [[nodiscard]] StreamId last() const { return last_; }
  // The client left out ids between its streams.
  [[nodiscard]] bool passed_over() const { return passed_over_; }

 private:
  StreamId last_ = 0;
  bool passed_over_ = false;
};

}  // namespace mote::http2

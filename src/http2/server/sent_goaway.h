// The GOAWAY that this end has sent (RFC 9113 6.8). A graceful end has two: the first announces the end with the highest
// possible id and is not recorded here, the second names the last stream that is processed.
#pragma once

#include <algorithm>

#include "http2/constants.h"

namespace mote::http2 {

class SentGoaway {
 public:
  [[nodiscard]] bool sent() const { return sent_; }
  // New streams above this id are ignored. A later GOAWAY never raises it.
  [[nodiscard]] StreamId last_stream() const { return last_stream_; }
  [[nodiscard]] bool ignores(StreamId id) const { return id > last_stream_; }

  void record(StreamId last_stream) {
    sent_ = true;
    last_stream_ = std::min(last_stream_, last_stream);
  }

 private:
  StreamId last_stream_ = kMaxStreamId;
  bool sent_ = false;
};

}  // namespace mote::http2

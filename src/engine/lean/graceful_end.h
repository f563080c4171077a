// The graceful end of a connection (RFC 9113 6.8): a first GOAWAY that refuses no stream, and a second one, which names
// the last accepted stream, once the peer has read the first. A PING between the two shows when that is.
#pragma once

#include <cstdint>
#include <string_view>

#include "http2/server/server_connection.h"

namespace mote::lean {

class GracefulEnd {
 public:
  // The next call of announce() sends the first GOAWAY.
  void request() {
    if (step_ == Step::None) step_ = Step::Requested;
  }
  [[nodiscard]] bool requested() const { return step_ == Step::Requested; }
  [[nodiscard]] bool announced() const { return step_ == Step::Announced; }

  // The first GOAWAY and the PING, to a peer that has sent its preface.
  void announce(http2::ServerConnection& http2, std::string_view reason, ByteWriter& out);
  // The second GOAWAY, unless it is sent already: after the PING is acknowledged, or when its time is over.
  void complete(http2::ServerConnection& http2, std::string_view reason, ByteWriter& out);

 private:
  enum class Step : std::uint8_t { None, Requested, Announced };
  Step step_ = Step::None;
};

}  // namespace mote::lean

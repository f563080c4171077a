#include "rpc/call.h"

#include <array>

namespace mote::rpc {

void Call::finish(StatusCode code, const mote_bytes& message) {
  std::array<char, kStatusMessageBytes + 1> text;  // NOLINT(cppcoreguidelines-pro-type-member-init): written first
  const std::size_t size = mote_bytes_copy(&message, text.data(), text.size());
  finish(Status{code, sent_message({text.data(), size})});
}

}  // namespace mote::rpc

// A device client on a fake port, for tests.
#pragma once

#include <string>
#include <string_view>

#include "device/client.h"
#include "mote/testing/client_memory.h"
#include "support/fake_port.h"

namespace mote::test {

class Device {
 public:
  explicit Device(const mote_options& chosen = {}, const testing::ClientSizes& sizes = {})
      : options(chosen), memory_(sizes), functions_(port.functions()), client(functions_, options, memory_.spans()) {}

  FakePort port;
  const mote_options options;

 private:
  const testing::ClientMemory memory_;
  const mote_port functions_;

 public:
  device::Client client;

  // A unary call of bytes. Returns the text of the answer if the status is Ok.
  std::string ask(std::string_view message, std::uint32_t timeout_ms = 3000) {
    if (client.start({.path = "/a.B/C",
                      .timeout_ms = timeout_ms,
                      .metadata = nullptr,
                      .metadata_count = 0,
                      .on_metadata = nullptr,
                      .context = nullptr}))
      client.send(as_bytes(message), true);
    Bytes reply;
    client.receive_only(reply);
    return std::string(as_text(reply));
  }
  // "UNAVAILABLE connection lost"
  [[nodiscard]] std::string outcome() const { return std::string(name(client.status())) + ' ' + client.status_text(); }
};

// A message with its prefix (PROTOCOL-HTTP2.md), for a DATA frame.
inline std::string prefixed(std::string_view message, char flag = 0) {
  Octets prefix;
  put(prefix, static_cast<unsigned char>(flag), 1);
  put(prefix, message.size(), 4);
  return std::string(as_text(prefix)) + std::string(message);
}

inline Block grpc_trailers(std::string_view status = "0") {
  return Block().literal("grpc-status", status);
}

// The answer to a unary call.
inline FrameScript answer(std::uint32_t stream, std::string_view message) {
  return FrameScript()
      .headers(stream, grpc_response())
      .data(stream, prefixed(message))
      .headers(stream, grpc_trailers(), kEndAll);
}

}  // namespace mote::test

// A device client on a fake port, for tests. Each buffer has exactly the size that it needs, so that AddressSanitizer detects
// accesses outside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "device/client.h"
#include "support/fake_port.h"

namespace mote::test {

// Sizes of memory, by default those of a small board.
struct DeviceSizes {
  std::size_t input = 64;
  std::size_t output = 512;
  std::size_t scratch = 128;
  std::size_t messages = 256;
  std::size_t text = 48;
};

class Device {
 public:
  explicit Device(const mote_options& chosen = {}, const DeviceSizes& sizes = {})
      : options(chosen),
        input_(sizes.input),
        output_(sizes.output),
        scratch_(sizes.scratch),
        messages_(sizes.messages),
        text_(sizes.text),
        memory_{span(input_), span(output_), span(scratch_), span(messages_), span(text_)},
        functions_(port.functions()),
        client(functions_, options, memory_) {}

  FakePort port;
  const mote_options options;

 private:
  static mote_span span(std::vector<std::uint8_t>& bytes) { return {bytes.data(), bytes.size()}; }
  std::vector<std::uint8_t> input_;
  std::vector<std::uint8_t> output_;
  std::vector<std::uint8_t> scratch_;
  std::vector<std::uint8_t> messages_;
  std::vector<std::uint8_t> text_;
  const mote_memory memory_;
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

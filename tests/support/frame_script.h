// Builds the bytes of an HTTP/2 peer, valid or not, without the code of src/http2.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "http2/constants.h"

namespace mote::test {

using Octets = std::vector<std::uint8_t>;

Octets octets(std::string_view text);
Octets operator+(Octets left, const Octets& right);

// An HPACK header block without Huffman code (RFC 7541 6).
class Block {
 public:
  Block& indexed(std::uint32_t index);
  Block& literal(std::string_view name, std::string_view value);     // 6.2.2
  Block& remembered(std::string_view name, std::string_view value);  // 6.2.1: added to the dynamic table
  Block& table_size(std::uint32_t bytes);
  [[nodiscard]] const Octets& bytes() const { return bytes_; }

 private:
  void integer(std::uint8_t pattern, unsigned prefix_bits, std::uint32_t value);
  void text(std::string_view text);

  Octets bytes_;
};

// A complete gRPC request with literal fields, followed by `more`.
Block request(std::initializer_list<std::pair<std::string_view, std::string_view>> more = {});
Block response(std::string_view status = "200");
Block grpc_response();

using Settings = std::initializer_list<std::pair<std::uint16_t, std::uint32_t>>;

// A sequence of frames. Each call appends one and returns the script.
class FrameScript {
 public:
  FrameScript& preface();
  FrameScript& raw(const Octets& bytes);
  // Any frame. frame_head() writes only the header, with a `length` that need not be the size of a payload.
  FrameScript& frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, const Octets& payload);
  FrameScript& frame(http2::FrameType type, std::uint8_t flags, std::uint32_t stream, const Octets& payload);
  FrameScript& frame_head(std::uint32_t length, http2::FrameType type, std::uint8_t flags, std::uint32_t stream);

  FrameScript& settings(Settings settings = {});
  FrameScript& settings_ack();
  FrameScript& headers(std::uint32_t stream, const Block& block, std::uint8_t flags = http2::kEndHeaders);
  FrameScript& continuation(std::uint32_t stream, const Octets& fragment, std::uint8_t flags = http2::kEndHeaders);
  FrameScript& data(std::uint32_t stream, std::string_view text, std::uint8_t flags = 0);
  FrameScript& padded_data(std::uint32_t stream, std::string_view text, std::uint8_t padding, std::uint8_t flags = 0);
  FrameScript& rst_stream(std::uint32_t stream, http2::ErrorCode code);
  FrameScript& window_update(std::uint32_t stream, std::uint32_t increment);
  FrameScript& ping(std::uint64_t value, std::uint8_t flags = 0);
  FrameScript& goaway(std::uint32_t last, http2::ErrorCode code, std::string_view reason = {});
  FrameScript& priority(std::uint32_t stream, std::uint32_t depends_on = 0);
  // HEADERS with priority fields.
  FrameScript& prioritized_headers(std::uint32_t stream, std::uint32_t depends_on, const Block& block,
                                   std::uint8_t flags = http2::kEndHeaders);

  [[nodiscard]] const Octets& bytes() const { return bytes_; }

 private:
  Octets bytes_;
};

inline constexpr std::uint8_t kEndAll = http2::kEndHeaders | http2::kEndStream;

// The first bytes of a client: the preface and empty SETTINGS.
FrameScript hello();

void put(Octets& to, std::uint64_t value, unsigned bytes);

}  // namespace mote::test

#include "device/request.h"

#include <array>
#include <span>
#include <string_view>

#include "bytes/byte_reader.h"
#include "bytes/constant_bytes.h"
#include "bytes/literal.h"
#include "grpc_http2/timeout.h"
#include "hpack/constant_block.h"
#include "hpack/encoder.h"
#include "http2/field_characters.h"

namespace mote::device {

namespace {

using Block = hpack::ConstantBlock;
using hpack::StaticIndex;

// A part of the header block, with its size before it.
consteval ConstantBytes part(const Block& block) {
  return ConstantBytes().u8(static_cast<std::uint8_t>(block.bytes().size())).bytes(block.bytes());
}

// The parts of a request's header block that never change. Each ends with the name of a field whose value follows.
constexpr auto kParts = constant_bytes<[] {
  return ConstantBytes()
      .bytes(part(Block().indexed(StaticIndex::MethodPost).indexed(StaticIndex::SchemeHttp).name(StaticIndex::Path)))
      .bytes(part(Block().name(StaticIndex::Authority)))
      .bytes(part(Block()
                      .literal("te", "trailers")
                      .literal(StaticIndex::ContentType, "application/grpc")
                      .name(StaticIndex::UserAgent)))
      .bytes(part(Block().name("grpc-timeout")));
}>();

constexpr const char* kDefaultUserAgent = "mote-device/" MOTE_VERSION;

// The first byte of a literal field with a new name (RFC 7541 6.2.2).
constexpr std::uint8_t kNewName = 0;

const char* text_or(const char* text, const char* otherwise) {
  return text != nullptr ? text : otherwise;
}

bool name_allowed(std::string_view name) {
  return http2::name_allowed(name) && !begins(name, "grpc-");
}

// Appends a string: a name, or the value of the field whose name is already in the block.
bool write_value(ByteWriter& block, const char* text) {
  const std::string_view value = text;
  hpack::Encoder(block).value(value);
  return http2::value_allowed(value);
}

}  // namespace

bool write_request(ByteWriter& block, const mote_options& options, const mote_call& call, std::uint32_t timeout_ms) {
  std::array<std::uint8_t, grpc_http2::kMaxTimeoutText + 1> timeout{};
  ByteWriter digits(timeout);
  grpc_http2::write_timeout_ms(digits, timeout_ms);
  const std::array<const char*, 4> values = {call.path, text_or(options.authority, kDefaultAuthority),
                                             text_or(options.user_agent, kDefaultUserAgent), as_text(timeout).data()};
  ByteReader parts(kParts);
  bool allowed = *call.path == '/';
  for (const char* const value : values) {
    block.bytes(parts.take(parts.take_u8()));
    allowed &= write_value(block, value);
  }
  for (const mote_metadata& entry : std::span(call.metadata, call.metadata_count)) {
    block.u8(kNewName);
    allowed &= write_value(block, entry.name) && name_allowed(entry.name);
    allowed &= write_value(block, entry.value);
  }
  return allowed;
}

}  // namespace mote::device

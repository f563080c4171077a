#include "device/request.h"

#include <array>
#include <span>
#include <string_view>

#include "wire/field_characters.h"
#include "wire/grpc_timeout.h"
#include "wire/hpack_encoder.h"
#include "wire/literal.h"

namespace mote::device {

namespace {

template <std::size_t size>
constexpr std::string_view bytes_of(const char (&text)[size]) {
  return {text, size - 1};
}

// What is the same in every request, as HpackEncoder would write it: each ends with the name of a value that follows.
constexpr std::array<std::string_view, 4> kParts = {
    // POST, http, :path
    bytes_of("\x83\x86\x04"),
    // :authority
    bytes_of("\x01"),
    // te: trailers, content-type: application/grpc, user-agent
    bytes_of("\x00\x02te\x08trailers"
             "\x0f\x10\x10"
             "application/grpc"
             "\x0f\x2b"),
    bytes_of("\x00\x0cgrpc-timeout"),
};

// What a literal with a name of its own begins with (RFC 7541 6.2.2).
constexpr std::uint8_t kNewName = 0;

const char* text_or(const char* text, const char* otherwise) {
  return text != nullptr ? text : otherwise;
}

bool metadata_allowed(std::string_view name, std::string_view value) {
  return !wire::begins(name, "grpc-") && wire::name_allowed(name) && wire::value_allowed(value);
}

}  // namespace

bool write_request(wire::ByteWriter& block, const mote_options& options, const mote_call& call,
                   std::uint32_t timeout_ms) {
  std::array<std::uint8_t, wire::kMaxTimeoutText + 1> timeout{};
  wire::ByteWriter digits(timeout);
  wire::write_timeout_ms(digits, timeout_ms);
  const std::array<const char*, kParts.size()> values = {call.path, text_or(options.authority, kDefaultAuthority),
                                                         text_or(options.user_agent, kDefaultUserAgent),
                                                         wire::as_text(timeout).data()};
  wire::HpackEncoder encoder(block);
  bool allowed = wire::begins(call.path, "/");
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string_view value = values[i];
    allowed = allowed && wire::value_allowed(value);
    block.text(kParts[i]);
    encoder.value(value);
  }
  for (const mote_metadata& entry : std::span(call.metadata, call.metadata_count)) {
    const std::string_view name = entry.name;
    const std::string_view value = entry.value;
    allowed = allowed && metadata_allowed(name, value);
    block.u8(kNewName);
    encoder.value(name);
    encoder.value(value);
  }
  return allowed;
}

}  // namespace mote::device

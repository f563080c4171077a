#include "device/request.h"

#include <array>
#include <span>
#include <string_view>

#include "wire/field_characters.h"
#include "wire/grpc_timeout.h"
#include "wire/hpack_encoder.h"

namespace mote::device {

namespace {

std::string_view text_or(const char* text, const char* otherwise) {
  return text != nullptr ? text : otherwise;
}

template <std::size_t size>
constexpr std::string_view bytes_of(const char (&text)[size]) {
  return {text, size - 1};
}

// What is the same in every request, as HpackEncoder would write it; each part ends with the name of a value that follows.
constexpr std::string_view kMethodSchemeAndPath = bytes_of("\x83\x86\x04");
constexpr std::string_view kAuthority = bytes_of("\x01");
constexpr std::string_view kTeTypeAndUserAgent = bytes_of(
    "\x00\x02te\x08trailers"
    "\x0f\x10\x10"
    "application/grpc"
    "\x0f\x2b");
constexpr std::string_view kTimeout = bytes_of("\x00\x0cgrpc-timeout");

}  // namespace

bool write_request(wire::ByteWriter& block, const mote_options& options, const mote_call& call,
                   std::uint32_t timeout_ms) {
  const std::string_view path = call.path;
  if (!path.starts_with('/') || !wire::value_allowed(path)) return false;

  wire::HpackEncoder encoder(block);
  block.text(kMethodSchemeAndPath);
  encoder.value(path);
  block.text(kAuthority);
  encoder.value(text_or(options.authority, kDefaultAuthority));
  block.text(kTeTypeAndUserAgent);
  encoder.value(text_or(options.user_agent, kDefaultUserAgent));
  block.text(kTimeout);
  std::array<std::uint8_t, wire::kMaxTimeoutText> digits{};
  wire::ByteWriter timeout(digits);
  wire::write_timeout_ms(timeout, timeout_ms);
  encoder.value(wire::as_text(timeout.written()));
  for (const mote_metadata& entry : std::span(call.metadata, call.metadata_count)) {
    const std::string_view name = entry.name;
    if (name.starts_with("grpc-") || !wire::name_allowed(name) || !wire::value_allowed(entry.value)) return false;
    encoder.literal(name, entry.value);
  }
  return true;
}

}  // namespace mote::device

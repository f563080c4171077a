#include "device/request.h"

#include <array>
#include <span>
#include <string_view>

#include "wire/field_rules.h"
#include "wire/grpc_timeout.h"
#include "wire/hpack_encoder.h"

namespace mote::device {

namespace {

std::string_view text_or(const char* text, const char* otherwise) {
  return text != nullptr ? text : otherwise;
}

}  // namespace

bool write_request(wire::ByteWriter& block, const mote_options& options, const mote_call& call,
                   std::uint32_t timeout_ms) {
  const std::string_view path = call.path;
  wire::ResponseRules rules;
  rules.begin(wire::SectionKind::Trailers);
  if (!path.starts_with('/') || !rules.accept({"path", path})) return false;

  wire::HpackEncoder encoder(block);
  encoder.indexed(wire::StaticIndex::MethodPost);
  encoder.indexed(wire::StaticIndex::SchemeHttp);
  encoder.literal(wire::StaticIndex::Path, path);
  encoder.literal(wire::StaticIndex::Authority, text_or(options.authority, kDefaultAuthority));
  encoder.literal("te", "trailers");
  encoder.literal(wire::StaticIndex::ContentType, "application/grpc");
  encoder.literal(wire::StaticIndex::UserAgent, text_or(options.user_agent, kDefaultUserAgent));
  std::array<std::uint8_t, wire::kMaxTimeoutText> digits{};
  wire::ByteWriter timeout(digits);
  wire::write_timeout_ms(timeout, timeout_ms);
  encoder.literal("grpc-timeout", wire::as_text(timeout.written()));
  for (const mote_metadata& entry : std::span(call.metadata, call.metadata_count)) {
    const std::string_view name = entry.name;
    if (name.starts_with("grpc-") || name.starts_with(':') || !rules.accept({name, entry.value})) return false;
    encoder.literal(name, entry.value);
  }
  return true;
}

}  // namespace mote::device

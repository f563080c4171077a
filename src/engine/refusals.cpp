#include "engine/refusals.h"

#include <array>

namespace mote::engine {

namespace {

void add_escaped(RefusalText& text, std::string_view name) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const std::array<char, 4> escaped = {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xfU]};
    const bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
    text.add(plain ? std::string_view(&c, 1) : std::string_view(escaped.data(), escaped.size()));
  }
}

}  // namespace

std::string_view reason_of(http2::FieldFault fault) {
  switch (fault) {
    case http2::FieldFault::None:
      break;
    case http2::FieldFault::Name:
      return "its name is empty or has a character that is not allowed";
    case http2::FieldFault::Characters:
      return "its value contains NUL, CR or LF";
    case http2::FieldFault::Whitespace:
      return "its value begins or ends with whitespace";
    case http2::FieldFault::Place:
      return "it is not allowed here";
    case http2::FieldFault::Value:
      return "its value is not valid";
  }
  return "pseudo-header fields are missing or contradict each other";
}

RefusalText malformed_request(std::string_view name, http2::FieldFault fault) {
  constexpr std::size_t kNameBytes = 32;
  RefusalText text;
  if (fault != http2::FieldFault::None) {
    text.add("malformed header field \"");
    add_escaped(text, name.substr(0, kNameBytes));
    text.add("\": ");
  } else {
    text.add("malformed request: ");
  }
  text.add(reason_of(fault));
  return text;
}

RefusalText unknown_path(const rpc::ServiceTable& services, std::string_view path) {
  // A path may come as one byte of HPACK, and grow to three times its size as grpc-message.
  constexpr std::size_t kNameBytes = 64;
  const std::string_view service = rpc::service_of(path);
  RefusalText text;
  if (services.has_service(service)) {
    text.add("unknown method ").add(path.substr(service.size() + 2, kNameBytes)).add(" of service ").add(service);
  } else {
    text.add("unknown service ").add((service.empty() ? path : service).substr(0, kNameBytes));
  }
  return text;
}

RefusalText request_metadata_too_large(const Limits& limits) {
  RefusalText text;
  text.add("request metadata exceeds ").add(limits.max_header_bytes).add(" bytes or ");
  text.add(limits.max_header_fields).add(" fields");
  return text;
}

RefusalText buffers_exhausted(LimitId limit, const Limits& limits) {
  RefusalText text;
  if (limit == LimitId::ConnectionBufferBytes) {
    text.add("this connection's calls hold all of the ").add(limits.connection_buffer_bytes);
  } else if (limit == LimitId::BufferBytesPerAddress) {
    text.add("the calls of this address hold their share of the ").add(limits.buffer_bytes);
  } else {
    text.add("the calls of all connections hold all of the ").add(limits.buffer_bytes);
  }
  text.add(" bytes of buffers: fewer calls at once, or smaller messages");
  return text;
}

}  // namespace mote::engine

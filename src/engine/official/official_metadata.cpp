#include "engine/official/official_metadata.h"

#include <grpc/grpc.h>
#include <grpc/slice.h>

#include "bytes/byte_writer.h"
#include "grpc_http2/binary_metadata.h"
#include "http2/field_characters.h"
#include "http2/field_rules.h"
#include "mote/span.h"

namespace mote::official {

namespace {

constexpr std::string_view kBinarySuffix = "-bin";

std::string_view view_of(const ::grpc::string_ref& text) {
  return {text.data(), text.size()};
}

// A view of the text.
grpc_slice slice_of(std::string_view text) {
  return grpc_slice_from_static_buffer(text.data(), text.size());
}

std::string base64_of(std::string_view bytes) {
  std::string text(grpc_http2::base64_encoded_size(bytes.size()), '\0');
  ByteWriter out({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  grpc_http2::base64_encode(out, as_bytes(bytes));
  return text;
}

std::optional<std::string> bytes_of(std::string_view base64) {
  std::string bytes(grpc_http2::base64_decoded_size(base64), '\0');
  ByteWriter out({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  if (!grpc_http2::base64_decode(base64, out)) return std::nullopt;
  return bytes;
}

}  // namespace

OfficialMetadata::Taken OfficialMetadata::take(const Fields& fields) {
  http2::FieldRules rules;
  rules.begin(http2::SectionKind::Trailers);  // The library keeps the pseudo-header fields.
  for (const auto& [key, field] : fields) {
    const std::string_view name = view_of(key);
    const std::string_view value = view_of(field);
    const bool binary = name.ends_with(kBinarySuffix);
    hpack::HeaderField taken{name, binary ? std::string_view() : value};
    if (!rules.accept(taken)) {
      malformed_ = name;
      fault_ = rules.fault();
      return Taken::Malformed;
    }
    if (!http2::is_custom_metadata(name)) continue;
    if (!(binary ? pack(name, base64_of(value)) : pack(name, taken.value))) return Taken::TooLarge;
  }
  piece_ = {nullptr, packed_.data(), packed_.size()};
  return Taken::All;
}

bool OfficialMetadata::pack(std::string_view name, std::string_view value) {
  const std::size_t before = packed_.size();
  packed_.resize(before + rpc::Metadata::packed_size(name, value));
  ByteWriter out(MutableBytes(packed_).subspan(before));
  return rpc::Metadata::pack(out, name, value);
}

std::optional<std::string> reply_value(std::string_view name, std::string_view value) {
  if (grpc_header_key_is_legal(slice_of(name)) == 0) return std::nullopt;
  if (name.ends_with(kBinarySuffix)) return bytes_of(value);
  const std::string_view sent = http2::trimmed(value);
  if (grpc_header_nonbin_value_is_legal(slice_of(sent)) == 0) return std::nullopt;
  return std::string(sent);
}

}  // namespace mote::official

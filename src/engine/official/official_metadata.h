// Metadata between the library, which has "-bin" values as plain bytes, and src/rpc, which has them in base64 as they
// are on the wire.
#pragma once

#include <grpcpp/support/string_ref.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http2/field_rules.h"
#include "mote/rpc/metadata.h"

namespace mote::official {

// A request's custom metadata, packed, without whitespace around its values. Entries of one name keep their order; names come
// sorted, for the library does not keep the order in which they came.
class OfficialMetadata {
 public:
  using Fields = std::multimap<::grpc::string_ref, ::grpc::string_ref>;

  OfficialMetadata() = default;
  OfficialMetadata(const OfficialMetadata&) = delete;
  OfficialMetadata& operator=(const OfficialMetadata&) = delete;

  enum class Taken : std::uint8_t {
    All,
    TooLarge,   // An entry is too long to be packed.
    Malformed,  // The entry malformed() has a fault(), which the library does not look for.
  };
  [[nodiscard]] Taken take(const Fields& fields);
  [[nodiscard]] std::string_view malformed() const { return malformed_; }
  [[nodiscard]] http2::FieldFault fault() const { return fault_; }
  [[nodiscard]] rpc::Metadata packed() const { return packed_.empty() ? rpc::Metadata() : rpc::Metadata(&piece_); }

 private:
  bool pack(std::string_view name, std::string_view value);

  std::vector<std::uint8_t> packed_;
  mote_piece piece_{};
  std::string_view malformed_;  // Of the library's fields.
  http2::FieldFault fault_ = http2::FieldFault::None;
};

// The value of an entry of a reply as the library takes it: what "-bin" values decode to, others without whitespace around
// them. Nothing: the library would not take it, and end the process.
std::optional<std::string> reply_value(std::string_view name, std::string_view value);

}  // namespace mote::official

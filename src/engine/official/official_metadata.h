// Converts metadata between the library, where "-bin" values are bytes, and src/rpc, where they are base64 as on the wire.
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

// The custom metadata of a request, packed, without whitespace around values. Entries of one name keep their order; names
// are sorted, because the library does not keep their order.
class OfficialMetadata {
 public:
  using Fields = std::multimap<::grpc::string_ref, ::grpc::string_ref>;

  OfficialMetadata() = default;
  OfficialMetadata(const OfficialMetadata&) = delete;
  OfficialMetadata& operator=(const OfficialMetadata&) = delete;

  enum class Taken : std::uint8_t {
    All,
    TooLarge,   // An entry is too long to be packed.
    Malformed,  // The entry malformed() has a fault(), which the library does not check.
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

// A reply value in the form that the library accepts: "-bin" values decoded, others without surrounding whitespace. Empty
// for a value for which the library would abort the process.
std::optional<std::string> reply_value(std::string_view name, std::string_view value);

}  // namespace mote::official

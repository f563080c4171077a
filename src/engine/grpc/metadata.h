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

#include "rpc/metadata.h"

namespace mote::official {

// A request's custom metadata, packed. gRPC's own fields are left out. Entries of one name keep their order; names come
// sorted, for the library does not keep the order in which they came.
class RequestMetadata {
 public:
  using Fields = std::multimap<::grpc::string_ref, ::grpc::string_ref>;

  RequestMetadata() = default;
  RequestMetadata(const RequestMetadata&) = delete;
  RequestMetadata& operator=(const RequestMetadata&) = delete;

  // False: an entry is too long to be packed.
  [[nodiscard]] bool take(const Fields& fields);
  [[nodiscard]] rpc::Metadata packed() const { return packed_.empty() ? rpc::Metadata() : rpc::Metadata(&piece_); }

 private:
  bool pack(std::string_view name, std::string_view value);

  std::vector<std::uint8_t> packed_;
  mote_piece piece_{};
};

// The value of an entry of a reply as the library takes it: what "-bin" values decode to, others as they are. Nothing:
// the library would not take it, and end the process.
std::optional<std::string> reply_value(std::string_view name, std::string_view value);

}  // namespace mote::official

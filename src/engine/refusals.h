// Status messages that are the same in both engines. They are arrays, because an object of std::string_view would need an address from
// the loader.
#pragma once

#include <string_view>

#include "engine/fixed_text.h"
#include "engine/limits.h"
#include "http2/field_rules.h"
#include "mote/rpc/service_table.h"

namespace mote::engine {

// The method that reserved-streams are for.
inline constexpr std::string_view kHealthCheckPath = "/grpc.health.v1.Health/Check";
// Of a call that makes room.
inline constexpr char kCallsForOthers[] = "this address has more than a quarter of all calls, and others need them";
inline constexpr char kMemoryForOthers[] =
    "the calls of this address hold more than a quarter of all buffers, and others need them";
inline constexpr char kCallIdle[] = "no message for call-idle-timeout-ms";
inline constexpr char kConnectionAged[] = "the connection is older than max-connection-age-seconds";
inline constexpr char kReplyMetadataMalformed[] = "the metadata of the reply is malformed";
inline constexpr char kReplyMetadataTooLarge[] = "the metadata of the reply exceeds max-header-bytes";

using RefusalText = FixedText<440>;

// For an unknown path: whether the service or only the method is unknown. Long names are cut.
RefusalText unknown_path(const rpc::ServiceTable& services, std::string_view path);

// Why a request is malformed. FieldFault::None: the reason is not a single field.
std::string_view reason_of(http2::FieldFault fault);

// The same with the field's name, for the client. Long names are cut, and bytes that are not printable ASCII are written as
// \xNN. The value is not shown, because it may be secret.
RefusalText malformed_request(std::string_view name, http2::FieldFault fault);

RefusalText request_metadata_too_large(const Limits& limits);

// `limit` is BufferBytes, ConnectionBufferBytes or BufferBytesPerAddress.
RefusalText buffers_exhausted(LimitId limit, const Limits& limits);

}  // namespace mote::engine

// Finds declarations in the descriptors of .proto files (google/protobuf/descriptor.proto, FileDescriptorProto). They stay encoded.
#pragma once

#include <cstdint>
#include <forward_list>
#include <string_view>

#include "mote/bytes.h"
#include "mote/rpc/descriptor.h"

namespace mote::services {

// Whether the file declares `symbol`, a full name without a leading dot: a message, field, oneof, enum, enum value, extension,
// service or method. An enum value is in the scope of its enum, as in protobuf. `symbol` is a received value,
// which has no head. Takes no memory.
bool declares(const descriptors::FileDescriptor& file, const mote_bytes& symbol);

// The same for messages only.
bool declares_message(const descriptors::FileDescriptor& file, const mote_bytes& name);

// An extension of a message.
struct Extension {
  const descriptors::FileDescriptor* file;  // Declares it.
  std::string_view extended;                // The full name of the extended message; points into the descriptor.
  std::int32_t number;                      // Of the field.
};

// Adds the extensions that the file declares, at its top level and in messages, in front of the others. Uses the heap: before the
// gateway is ready.
void collect_extensions(const descriptors::FileDescriptor& file, std::forward_list<Extension>& extensions);

}  // namespace mote::services

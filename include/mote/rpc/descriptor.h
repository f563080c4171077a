// The description of a .proto file, for server reflection (descriptor.proto, FileDescriptorProto).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace mote::descriptors {

// One .proto file. The generated headers have one for each file, named after it: echo_proto for echo.proto.
struct FileDescriptor {
  // As other files import it: "plant/v1/telemetry.proto".
  std::string_view name;
  // The encoded FileDescriptorProto, without comments and without a json_name that follows from the name.
  std::span<const std::uint8_t> bytes;
  // The files that it imports.
  std::span<const FileDescriptor* const> imports;
};

}  // namespace mote::descriptors

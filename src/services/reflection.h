// Server reflection (proto/grpc/reflection): grpc.reflection.v1.ServerReflection, and v1alpha for older clients. Describes the
// services of a table with the descriptors that protoc-gen-mote puts into their programs. An error is a response, and the call stays
// open. A call is answered one response at a time: while the peer does not take the last one, its requests wait in the call's memory.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "mote/rpc/service_table.h"

namespace mote::services {

// v1 and v1alpha.
inline constexpr std::size_t kReflectionServices = 2;

// Both services.
std::array<rpc::Service, kReflectionServices> reflection();

// What they describe: services and the files that declare them, with all imports. `services` must outlive the server. Uses the heap:
// before the gateway is ready.
void describe(std::span<const rpc::Service> services);

}  // namespace mote::services

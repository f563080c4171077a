// All settings of the gRPC library: the mapping of each limit, and the parts that are switched off, with reasons.
#pragma once

#include <grpcpp/server_builder.h>

#include <cstdint>

#include "engine/limits.h"

namespace mote::official {

// The measured costs of the limits in this engine. They are not reserved at start, because the library uses the heap.
engine::EngineSizes sizes();

// The memory that the library may use: the sum of the limits without its fixed memory.
std::uint64_t quota_bytes(const engine::Limits& limits);

// Sets up the library's log and the C library's allocator. Called before any use of the library.
void prepare_process();

// Resolved limits.
void apply(const engine::Limits& limits, ::grpc::ServerBuilder& builder);

// Returns free memory to the kernel. Takes milliseconds: call it when idle.
void trim_memory();

}  // namespace mote::official

// The whole setup of the gRPC library: how each limit is mapped, what is switched off, and why.
#pragma once

#include <grpcpp/server_builder.h>

#include <cstdint>

#include "engine/limits.h"

namespace mote::official {

// What the limits cost in this engine, as measured, not as taken at start: the library has a heap.
engine::EngineSizes sizes();

// The library's memory and threads in numbers: what the limits add up to without what it takes for itself.
std::uint64_t quota_bytes(const engine::Limits& limits);

// Sets up the library's log and the C library's allocator. Called before any use of the library.
void prepare_process();

// Resolved limits.
void apply(const engine::Limits& limits, ::grpc::ServerBuilder& builder);

// Returns free memory to the kernel. Takes milliseconds: call it when idle.
void trim_memory();

}  // namespace mote::official

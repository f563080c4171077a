// How the gRPC library is set up, all of it: what each limit of ours becomes in it, what is switched off, and why.
#pragma once

#include <grpcpp/server_builder.h>

#include <cstdint>

#include "engine/limits.h"

namespace mote::official {

// What the limits cost in this engine, as measured, not as taken at start: the library has a heap.
engine::EngineSizes sizes();

// The library's memory and threads in numbers: what the limits add up to without what it takes for itself.
std::uint64_t quota_bytes(const engine::Limits& limits);

// Before anything of the library is used: its log and the C library's allocator.
void prepare_process();

// Resolved limits.
void apply(const engine::Limits& limits, ::grpc::ServerBuilder& builder);

// Gives memory that is free back to the kernel. Takes milliseconds: for quiet moments.
void trim_memory();

}  // namespace mote::official

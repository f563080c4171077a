// The memory of mbedTLS: a pool for everything but record buffers, and places for the record buffers of handshakes, which are
// large and would split the pool. The library's memory functions are global, so this is too. Before take_memory(), the library
// uses the heap: to check files at the start.
#pragma once

#include <cstddef>

#include "mote/span.h"

namespace mote::tls {

// Bytes of a place for the record buffers of one handshake.
std::size_t record_place_bytes();

// The most that is taken of the pool, in bytes: by a handshake between two of its steps, by one step while it computes, and by a
// connection after the handshake. There is one step at a time. Measured with mutual authentication by
// tests/unit/tls/session_test.cpp, which fails when they are exceeded.
inline constexpr std::size_t kHandshakePoolBytes = std::size_t{9} * 1024 + 512;
inline constexpr std::size_t kStepPoolBytes = std::size_t{8} * 1024;
inline constexpr std::size_t kConnectionPoolBytes = 2048;
// The certificates and the key of the gateway, the authorities of clients, and the state of the library.
inline constexpr std::size_t kContextPoolBytes = std::size_t{32} * 1024;

// From now on the library takes its memory from `pool`, and record buffers from `places`, a multiple of record_place_bytes().
// Both are zero, anonymous pages that live as long as the program; what is not used stays unwritten. Starts the library's
// cryptography; false: that failed. Once.
[[nodiscard]] bool take_memory(MutableBytes pool, MutableBytes places);

// Bytes of the pool in use, headers included, and the most since the last reset_pool_peak().
struct PoolUse {
  std::size_t now;
  std::size_t most;
};
PoolUse pool_use();
void reset_pool_peak();
// Places for record buffers that are free.
std::size_t free_places();

}  // namespace mote::tls

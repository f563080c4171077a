#include "engine/official/channel_arguments.h"

#include <grpc/grpc.h>
#include <grpcpp/resource_quota.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>

namespace mote::official {

namespace {

constexpr std::size_t kKiB = 1024;

// --- Memory of this process's own, as measured with the library of Debian 12 on x86-64 ---

// Before the first connection. The library's code comes on top, 9 MiB of it resident, which is the kernel's to drop.
constexpr std::size_t kFixedBytes = 2048 * kKiB;
// One connection that has made a call, and a header table of 4,096 bytes: a client may fill it before it acknowledges our
// SETTINGS, whatever they say.
constexpr std::size_t kConnectionBytes = 22 * kKiB + 4 * kKiB;
// One open call.
constexpr std::size_t kCallBytes = 18 * kKiB;

// The library's ResourceQuota counts threads of its synchronous server only, of which there is none. 1 is the least it
// takes, and makes sure that none appears.
constexpr int kThreads = 1;

// --- The allocator ---

// One arena: with several, each thread of the library keeps freed memory of its own.
constexpr int kArenas = 1;
// Free memory at the top of the heap that is kept, and the size from which on an allocation is a mapping of its own.
constexpr int kTrimBytes = 128 * kKiB;
constexpr int kMappingBytes = 128 * kKiB;

using Milliseconds = std::chrono::milliseconds;

// "Never" is INT_MAX in the library and 0 in our limits.
int milliseconds(Milliseconds time) {
  constexpr int kNever = std::numeric_limits<int>::max();
  return time.count() == 0 ? kNever : static_cast<int>(std::min<std::int64_t>(time.count(), kNever));
}

int number(std::uint32_t value) {
  return static_cast<int>(value);
}

// Between two of so many a second.
int interval_ms(std::uint32_t per_second) {
  constexpr std::uint32_t kSecondMs = 1000;
  return per_second == 0 ? std::numeric_limits<int>::max() : number(kSecondMs / per_second);
}

void apply_limits(const engine::Limits& limits, ::grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(number(limits.max_message_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, number(limits.max_streams_per_connection));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, number(limits.max_header_bytes));
#ifdef GRPC_ARG_ABSOLUTE_MAX_METADATA_SIZE
  // Later versions refuse at random between the two; equal, they refuse what is above.
  builder.AddChannelArgument(GRPC_ARG_ABSOLUTE_MAX_METADATA_SIZE, number(limits.max_header_bytes));
#endif
#ifdef GRPC_ARG_MAX_ALLOWED_INCOMING_CONNECTIONS
  builder.AddChannelArgument(GRPC_ARG_MAX_ALLOWED_INCOMING_CONNECTIONS, number(limits.max_connections));
#endif
  builder.AddChannelArgument(GRPC_ARG_HTTP2_HPACK_TABLE_SIZE_DECODER, number(limits.max_header_table_bytes));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, number(limits.stream_window_bytes));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE, number(limits.send_bytes));
  builder.AddChannelArgument(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, number(limits.receive_bytes));
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, milliseconds(limits.preface_timeout));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, milliseconds(limits.idle_timeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(limits.keepalive));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(limits.keepalive_timeout));
  // A connection without a call is asked too whether its peer is still there.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Of frames without progress the library counts PING. Its own rule, two within five minutes, throws out clients that ask
  // every few seconds, as those behind a mobile network have to. PINGs that estimate bandwidth cost nothing: the library
  // forgets its strikes whenever it sends HEADERS or DATA.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, number(limits.idle_frame_budget));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             interval_ms(limits.idle_frame_refill));
}

void switch_off(::grpc::ServerBuilder& builder) {
  // Not GRPC_ARG_MINIMAL_STACK: in 1.51 it leaves out the filters of message sizes, deadlines, idle connections and
  // unknown compression, so that a client would decide how much is held and for how long. What it is good for is
  // switched off one by one.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
  // Refused with UNIMPLEMENTED, as by the lean engine: a compressed message may be a thousand times its size.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  // Statistics for a service that is not served here, kept for every connection and call.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CHANNEL_TRACE_EVENT_MEMORY_PER_NODE, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CENSUS, 0);
  // Windows that follow the link's speed, with pings to measure it: up to megabytes for a stream.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // Retries are a client feature; a server needs none.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_RETRIES, 0);
  builder.AddChannelArgument(GRPC_ARG_PER_RPC_RETRY_BUFFER_SIZE, 0);
  // No handler reads it.
  builder.AddChannelArgument(GRPC_ARG_SURFACE_USER_AGENT, 0);
  // Two gateways on one port would each get half of the clients.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

}  // namespace

engine::EngineSizes sizes() {
  return {.connection = kConnectionBytes, .call = kCallBytes, .block = 1, .block_overhead = 0, .fixed = kFixedBytes};
}

std::uint64_t quota_bytes(const engine::Limits& limits) {
  return engine::worst_case_bytes(limits, sizes()) - kFixedBytes;
}

void prepare_process() {
  ::mallopt(M_ARENA_MAX, kArenas);
  ::mallopt(M_TRIM_THRESHOLD, kTrimBytes);
  ::mallopt(M_MMAP_THRESHOLD, kMappingBytes);
  // The library's log is for debugging the library; this engine logs errors itself. A value set by the user stays.
  ::setenv("GRPC_VERBOSITY", "NONE", 0);
}

void apply(const engine::Limits& limits, ::grpc::ServerBuilder& builder) {
  ::grpc::ResourceQuota quota("mote");
  // All limits at their most are just below 4 GiB, which is as much as 32 bits can count.
  quota.Resize(static_cast<std::size_t>(quota_bytes(limits))).SetMaxThreads(kThreads);
  builder.SetResourceQuota(quota);
  apply_limits(limits, builder);
  switch_off(builder);
}

void trim_memory() {
  ::malloc_trim(0);
}

}  // namespace mote::official

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

// --- Anonymous memory, measured with the library of Debian 12 on x86-64 ---

// Before the first connection. Not included: 9 MiB of resident library code, which the kernel can evict.
constexpr std::size_t kFixedBytes = 2048 * kKiB;
// One connection after a call, and a header table of 4,096 bytes, which a client may fill before it acknowledges our SETTINGS.
constexpr std::size_t kConnectionBytes = 22 * kKiB + 4 * kKiB;
// One open call.
constexpr std::size_t kCallBytes = 18 * kKiB;

// The library's ResourceQuota counts only threads of its synchronous server, which is not used. 1 is the minimum.
constexpr int kThreads = 1;

// --- The allocator ---

// One arena: with several, each thread of the library would keep its own freed memory.
constexpr int kArenas = 1;
// The free memory that is kept at the top of the heap, and the size from which an allocation has its own mapping.
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

// The interval of `per_second` events per second.
int interval_ms(std::uint32_t per_second) {
  constexpr std::uint32_t kSecondMs = 1000;
  return per_second == 0 ? std::numeric_limits<int>::max() : number(kSecondMs / per_second);
}

void apply_limits(const engine::Limits& limits, ::grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(number(limits.max_message_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, number(limits.max_streams_per_connection));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, number(limits.max_header_bytes));
#ifdef GRPC_ARG_ABSOLUTE_MAX_METADATA_SIZE
  // Later versions refuse at random between the two limits. If they are equal, every larger size is refused.
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
  // Unless it is asked for: two gateways on one port would each get half of the clients.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, limits.reuse_port ? 1 : 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, milliseconds(limits.idle_timeout));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, milliseconds(limits.max_connection_age));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, milliseconds(limits.max_connection_age_grace));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(limits.keepalive));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(limits.keepalive_timeout));
  // Keepalive PINGs are also sent on connections without a call.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Of frames without progress, the library counts PING. Its default rule, two in five minutes, closes the connections of
  // clients that send a PING every few seconds, as clients behind a mobile network must. PINGs for bandwidth estimation are
  // free, because the library resets its count when it sends HEADERS or DATA.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, number(limits.idle_frame_budget));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             interval_ms(limits.idle_frame_refill));
}

void switch_off(::grpc::ServerBuilder& builder) {
  // GRPC_ARG_MINIMAL_STACK is not used: in 1.51 it removes the filters for message sizes, deadlines, idle connections and
  // unknown compression, which limit what a client can make the server hold. The unneeded parts are switched off one by one.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
  // Compression is refused with UNIMPLEMENTED, as in the lean engine: a message may decompress to a thousand times its size.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  // Statistics of each connection and call, for a service that is not served here.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CHANNEL_TRACE_EVENT_MEMORY_PER_NODE, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CENSUS, 0);
  // Windows that grow with the measured speed of the link, up to megabytes for a stream.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // Only clients retry.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_RETRIES, 0);
  builder.AddChannelArgument(GRPC_ARG_PER_RPC_RETRY_BUFFER_SIZE, 0);
  // No handler reads the user agent.
  builder.AddChannelArgument(GRPC_ARG_SURFACE_USER_AGENT, 0);
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
  // The library's log is for debugging the library; this engine logs errors itself. A value that the user has set is kept.
  ::setenv("GRPC_VERBOSITY", "NONE", 0);
}

void apply(const engine::Limits& limits, ::grpc::ServerBuilder& builder) {
  ::grpc::ResourceQuota quota("mote");
  // The sum of all limits at their maximum is just below 4 GiB, so it fits in 32 bits.
  quota.Resize(static_cast<std::size_t>(quota_bytes(limits))).SetMaxThreads(kThreads);
  builder.SetResourceQuota(quota);
  apply_limits(limits, builder);
  switch_off(builder);
}

void trim_memory() {
  ::malloc_trim(0);
}

}  // namespace mote::official

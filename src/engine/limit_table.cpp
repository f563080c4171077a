#include <type_traits>

#include "engine/limits.h"

namespace mote::engine {
namespace {

constexpr std::uint32_t kKiB = 1024;
constexpr std::uint32_t kMiB = 1024 * kKiB;
constexpr std::uint32_t kDayMs = 24 * 60 * 60 * 1000;

template <auto Field>
std::uint64_t get_field(const Limits& limits) {
  if constexpr (std::is_same_v<std::remove_cvref_t<decltype(limits.*Field)>, std::uint32_t>) {
    return limits.*Field;
  } else {
    return static_cast<std::uint64_t>((limits.*Field).count());
  }
}

template <auto Field>
void set_field(Limits& limits, std::uint32_t value) {
  using Value = std::remove_cvref_t<decltype(limits.*Field)>;
  limits.*Field = Value(value);
}

template <auto Field>
constexpr LimitField field() {
  return {.get = get_field<Field>, .set = set_field<Field>};
}

template <auto Field>
Cost itself(const Limits& limits, const EngineSizes&) {
  return {.count = 1, .each = limits.*Field};
}

template <auto Field, auto Size>
Cost times(const Limits& limits, const EngineSizes& sizes) {
  return {.count = limits.*Field, .each = sizes.*Size};
}

Cost pool(const Limits& limits, const EngineSizes& sizes) {
  const std::uint64_t blocks = (limits.buffer_bytes + sizes.block - 1) / sizes.block;
  return {.count = blocks, .each = sizes.block + sizes.block_overhead};
}

std::uint64_t sockets(const Limits& limits) {
  return std::uint64_t{limits.max_connections} + limits.reserved_connections;
}

Cost socket_receive(const Limits& limits, const EngineSizes& sizes) {
  return {.count = sockets(limits), .each = sizes.socket_factor * limits.socket_receive_bytes + sizes.socket};
}

Cost socket_send(const Limits& limits, const EngineSizes& sizes) {
  return {.count = sockets(limits), .each = sizes.socket_factor * limits.socket_send_bytes};
}

Cost large_sockets(const Limits& limits, const EngineSizes& sizes) {
  const std::uint64_t large = std::uint64_t{2} * kLargeSocketBytes;
  const std::uint64_t small = std::uint64_t{limits.socket_receive_bytes} + limits.socket_send_bytes;
  const std::uint64_t more = large > small ? large - small : 0;
  return {.count = limits.large_sockets, .each = sizes.socket_factor * more + sizes.large_socket};
}

constexpr std::array<LimitRow, kLimitCount> kTable = {{
    {.id = LimitId::MaxConnections,
     .name = "max-connections",
     .unit = Unit::Count,
     .min = 1,
     .max = 65536,
     .bounds = "Connections open at once, over all listeners.",
     .answer =
         "A further connection is accepted, gets GOAWAY ENHANCE_YOUR_CALM \"too many connections\" and is closed.",
     .counter = "connections_refused",
     .cost_text = "max-connections x one connection with the largest header table",
     .cost = times<&Limits::max_connections, &EngineSizes::connection>,
     .field = field<&Limits::max_connections>()},
    {.id = LimitId::MaxStreams,
     .name = "max-streams",
     .unit = Unit::Count,
     .min = 1,
     .max = 65536,
     .bounds = "Calls open at once, over all connections.",
     .answer = "RST_STREAM REFUSED_STREAM, which a client may retry (gRPC status UNAVAILABLE).",
     .counter = "streams_refused",
     .cost_text = "max-streams x one call",
     .cost = times<&Limits::max_streams, &EngineSizes::call>,
     .field = field<&Limits::max_streams>()},
    {.id = LimitId::MaxStreamsPerConnection,
     .name = "max-streams-per-connection",
     .unit = Unit::Count,
     .min = 1,
     .max = 65536,
     .bounds = "Calls open at once on one connection.",
     .answer = "SETTINGS_MAX_CONCURRENT_STREAMS announces it; a call above it gets RST_STREAM REFUSED_STREAM.",
     .counter = "connection_streams_refused",
     .cost_text = "none, counted in max-streams",
     .field = field<&Limits::max_streams_per_connection>()},
    {.id = LimitId::ListenBacklog,
     .name = "listen-backlog",
     .unit = Unit::Count,
     .min = 1,
     .max = 65535,
     .bounds =
         "Connections of one listener that the kernel keeps until the gateway accepts them. The kernel lowers it to "
         "net.core.somaxconn. A socket of the service manager keeps its own (Backlog=).",
     .answer = "The kernel ignores further SYNs, and the client repeats them after a second and later.",
     .counter = "listen_queues_full",
     .cost_text = "none in the gateway; in the kernel 2 to 3 KiB for each connection that waits",
     .field = field<&Limits::listen_backlog>()},
    {.id = LimitId::MaxAddresses,
     .name = "max-addresses",
     .unit = Unit::Count,
     .min = 1,
     .max = 65536,
     .bounds =
         "Peer addresses that are counted apart: an IPv4 address, the /64 of an IPv6 address, the user at the other "
         "end of a Unix socket. Further addresses count as one.",
     .answer = "Nothing.",
     .counter = "addresses_shared_a_row",
     .cost_text = "max-addresses x one row",
     .cost = times<&Limits::max_addresses, &EngineSizes::address>,
     .field = field<&Limits::max_addresses>()},
    {.id = LimitId::MaxConnectionsPerAddress,
     .name = "max-connections-per-address",
     .unit = Unit::Count,
     .min = 1,
     .max = 65536,
     .zero = Zero::Automatic,
     .bounds =
         "Connections of one peer address; 0 means as many as are free, but a quarter of max-connections when others "
         "connect. When none is free, an address within its quarter gets the place of the connection that is "
         "longest without a call, or never had one; of an address above its quarter, if there is one.",
     .answer =
         "A further connection gets GOAWAY ENHANCE_YOUR_CALM; a connection that makes room gets GOAWAY NO_ERROR \"too "
         "many connections: this one was idle longest\".",
     .counter = "address_connections_refused",
     .cost_text = "none, counted in max-connections",
     .field = field<&Limits::max_connections_per_address>()},
    {.id = LimitId::MaxStreamsPerAddress,
     .name = "max-streams-per-address",
     .unit = Unit::Count,
     .min = 1,
     .max = 65536,
     .zero = Zero::Automatic,
     .bounds = "Calls of one peer address; 0 means as many as are free, but a quarter of max-streams while others are "
               "connected and less than an eighth is free.",
     .answer = "RST_STREAM REFUSED_STREAM; an open call that makes room for others gets UNAVAILABLE.",
     .counter = "address_streams_refused",
     .cost_text = "none, counted in max-streams",
     .field = field<&Limits::max_streams_per_address>()},
    {.id = LimitId::ReservedConnections,
     .name = "reserved-connections",
     .unit = Unit::Count,
     .min = 0,
     .max = 1024,
     .bounds = "Connections beyond max-connections for peers on Unix sockets.",
     .answer = "Nothing.",
     .counter = "reserved_connections_used",
     .cost_text = "reserved-connections x one connection with the largest header table",
     .cost = times<&Limits::reserved_connections, &EngineSizes::connection>,
     .field = field<&Limits::reserved_connections>()},
    {.id = LimitId::ReservedStreams,
     .name = "reserved-streams",
     .unit = Unit::Count,
     .min = 0,
     .max = 1024,
     .bounds =
         "Calls beyond max-streams for health checks (grpc.health.v1.Health/Check); one address may use a quarter. "
         "message-timeout-ms bounds such a call from its start.",
     .answer = "Another call that finds only these places free gets RST_STREAM REFUSED_STREAM.",
     .counter = "reserved_streams_used",
     .cost_text = "reserved-streams x one call",
     .cost = times<&Limits::reserved_streams, &EngineSizes::call>,
     .field = field<&Limits::reserved_streams>()},
    {.id = LimitId::MaxMessageBytes,
     .name = "max-message-bytes",
     .unit = Unit::Bytes,
     .min = kKiB,
     .max = 4 * kMiB,
     .bounds = "One gRPC message of a request, without its 5-byte prefix.",
     .answer = "RESOURCE_EXHAUSTED with the limit in grpc-message, before any memory is taken for the message.",
     .counter = "messages_too_large",
     .cost_text = "none, taken from buffer-bytes",
     .field = field<&Limits::max_message_bytes>()},
    {.id = LimitId::MaxHeaderBytes,
     .name = "max-header-bytes",
     .unit = Unit::Bytes,
     .min = 4096,
     .max = 8 * kKiB,
     .bounds = "The header list of one request: name + value + 32 for each field (RFC 9113 6.5.2).",
     .answer = "SETTINGS_MAX_HEADER_LIST_SIZE announces it; a larger list gets RESOURCE_EXHAUSTED with the limit in "
               "grpc-message, and spends reset-budget.",
     .counter = "header_lists_too_large",
     .cost_text = "its value, once: scratch memory that all connections share",
     .cost = itself<&Limits::max_header_bytes>,
     .field = field<&Limits::max_header_bytes>()},
    {.id = LimitId::MaxHeaderFields,
     .name = "max-header-fields",
     .unit = Unit::Count,
     .min = 8,
     .max = 1024,
     .bounds = "Fields in the header list of one request, pseudo-header fields included.",
     .answer = "As max-header-bytes.",
     .counter = "header_fields_too_many",
     .reloadable = true,
     .field = field<&Limits::max_header_fields>()},
    {.id = LimitId::MaxHeaderFrames,
     .name = "max-header-frames",
     .unit = Unit::Count,
     .min = 1,
     .max = 64,
     .bounds = "HEADERS and CONTINUATION frames of one header block.",
     .answer = "GOAWAY ENHANCE_YOUR_CALM \"header block in too many frames\".",
     .counter = "header_frames_too_many",
     .reloadable = true,
     .field = field<&Limits::max_header_frames>()},
    {.id = LimitId::MaxHeaderExcess,
     .name = "max-header-excess",
     .unit = Unit::Count,
     .min = 1,
     .max = 16,
     .bounds =
         "How many times max-header-bytes or max-header-fields one header block may have. A block above the limits is "
         "decoded so far, because the header table must stay in sync with the peer's.",
     .answer = "GOAWAY ENHANCE_YOUR_CALM \"header block far above the limits\".",
     .counter = "header_blocks_abandoned",
     .reloadable = true,
     .field = field<&Limits::max_header_excess>()},
    {.id = LimitId::MaxHeaderTableBytes,
     .name = "max-header-table-bytes",
     .unit = Unit::Bytes,
     .min = 0,
     .max = 4096,
     .bounds =
         "The HPACK dynamic table that a client may use once it has acknowledged our SETTINGS; until then it may use "
         "4,096 bytes, the initial value of RFC 9113. Below 4096, clients that ignore the setting fail: "
         "docs/limits.md lists them.",
     .answer = "SETTINGS_HEADER_TABLE_SIZE announces it; a client that exceeds it, or does not announce the smaller "
               "table (RFC 9113 4.3.1), gets GOAWAY COMPRESSION_ERROR.",
     .counter = "compression_errors",
     .cost_text = "none, counted in max-connections as 4,096 bytes for any value",
     .field = field<&Limits::max_header_table_bytes>()},
    {.id = LimitId::StreamWindowBytes,
     .name = "stream-window-bytes",
     .unit = Unit::Bytes,
     .min = kKiB,
     .max = 64 * kKiB - 1,
     .bounds =
         "What a client may send of a request before memory for the whole message is free; then the whole message "
         "is admitted.",
     .answer = "SETTINGS_INITIAL_WINDOW_SIZE announces it; WINDOW_UPDATE follows when the memory is free.",
     .counter = "messages_waited",
     .routine = true,
     .cost_text = "none, taken from buffer-bytes",
     .field = field<&Limits::stream_window_bytes>()},
    {.id = LimitId::BufferBytes,
     .name = "buffer-bytes",
     .unit = Unit::Bytes,
     .min = 64 * kKiB,
     .max = 1024 * kMiB,
     .zero = Zero::Automatic,
     .bounds = "The pool of blocks for incomplete messages, unsent replies and kept metadata; "
               "0 means max(1 MiB, 4 x max-message-bytes).",
     .answer = "RESOURCE_EXHAUSTED, which names this limit; if no single call is the cause, GOAWAY ENHANCE_YOUR_CALM "
               "\"no memory "
               "for the rest of a frame\".",
     .counter = "buffers_exhausted",
     .cost_text = "its value, in blocks",
     .cost = pool,
     .field = field<&Limits::buffer_bytes>()},
    {.id = LimitId::ConnectionBufferBytes,
     .name = "connection-buffer-bytes",
     .unit = Unit::Bytes,
     .min = 64 * kKiB,
     .max = 1024 * kMiB,
     .zero = Zero::Automatic,
     .bounds = "What one connection may use of the pool, unread replies included; 0 means "
               "max(512 KiB, 4 x max-message-bytes) + max-streams-per-connection x stream-window-bytes, but never "
               "more than buffer-bytes.",
     .answer = "As buffer-bytes; a connection whose unread replies do not fit is closed.",
     .counter = "connection_buffers_exhausted",
     .cost_text = "none, taken from buffer-bytes",
     .field = field<&Limits::connection_buffer_bytes>()},
    {.id = LimitId::BufferBytesPerAddress,
     .name = "buffer-bytes-per-address",
     .unit = Unit::Bytes,
     .min = 64 * kKiB,
     .max = 1024 * kMiB,
     .zero = Zero::Automatic,
     .bounds =
         "What one peer address may use of the pool; 0 means as much as is free, but a quarter of buffer-bytes while "
         "others are connected and less than an eighth is free, or a message of others waits.",
     .answer =
         "As buffer-bytes; an open call that makes room for others gets RESOURCE_EXHAUSTED, and a connection that does "
         "not read is closed.",
     .counter = "address_buffers_exhausted",
     .cost_text = "none, taken from buffer-bytes",
     .field = field<&Limits::buffer_bytes_per_address>()},
    {.id = LimitId::ReceiveBytes,
     .name = "receive-bytes",
     .unit = Unit::Bytes,
     .min = 20 * kKiB,
     .max = kMiB,
     .bounds = "The receive buffer that all connections share: the most that one connection reads in one turn.",
     .answer = "Nothing: the rest is read in the next turn.",
     .counter = "receive_buffer_full",
     .routine = true,
     .cost_text = "its value, once",
     .cost = itself<&Limits::receive_bytes>,
     .field = field<&Limits::receive_bytes>()},
    {.id = LimitId::SendBytes,
     .name = "send-bytes",
     .unit = Unit::Bytes,
     .min = 20 * kKiB,
     .max = kMiB,
     .bounds = "The send buffer that all connections share: the most that one connection writes in one turn.",
     .answer = "Nothing: the rest is written in the next turn.",
     .counter = "send_buffer_full",
     .routine = true,
     .cost_text = "its value, once",
     .cost = itself<&Limits::send_bytes>,
     .field = field<&Limits::send_bytes>()},
    {.id = LimitId::SocketReceiveBytes,
     .name = "socket-receive-bytes",
     .unit = Unit::Bytes,
     .min = 4 * kKiB,
     .max = kMiB,
     .bounds = "What the kernel keeps of one connection until the gateway reads it (SO_RCVBUF).",
     .answer = "Nothing: TCP's window closes, and opens as the gateway reads.",
     .counter = "socket_receive_buffers_full",
     .cost_text = "for each connection, reserved ones included: twice its value in the kernel, which counts its own "
                  "overhead, and 4 KiB for the socket",
     .cost = socket_receive,
     .field = field<&Limits::socket_receive_bytes>()},
    {.id = LimitId::SocketSendBytes,
     .name = "socket-send-bytes",
     .unit = Unit::Bytes,
     .min = 4 * kKiB,
     .max = kMiB,
     .bounds = "What the kernel keeps for one connection until the peer acknowledges it (SO_SNDBUF).",
     .answer = "Nothing: the rest waits in buffer-bytes.",
     .counter = "socket_send_buffers_full",
     .cost_text = "for each connection, reserved ones included: twice its value in the kernel, which counts its own "
                  "overhead",
     .cost = socket_send,
     .field = field<&Limits::socket_send_bytes>()},
    {.id = LimitId::LargeSockets,
     .name = "large-sockets",
     .unit = Unit::Count,
     .min = 0,
     .max = 65536,
     .bounds = "Connections whose socket buffers grow to 64 KiB in both directions: when a message is larger than "
               "socket-receive-bytes, or a reply does not fit socket-send-bytes. A connection without calls gives its "
               "place to one that needs it.",
     .answer = "Nothing: the connection keeps its small buffers.",
     .counter = "large_sockets_missing",
     .cost_text = "large-sockets x what they are larger",
     .cost = large_sockets,
     .field = field<&Limits::large_sockets>()},
    {.id = LimitId::ResetBudget,
     .name = "reset-budget",
     .unit = Unit::Count,
     .min = 10,
     .max = 100'000,
     .bounds =
         "Resets that one connection may spend: its own (see early-reset-ms) and those that it provokes. A successful "
         "stream refunds one.",
     .answer = "GOAWAY ENHANCE_YOUR_CALM \"too many resets\".",
     .counter = "reset_budgets_spent",
     .reloadable = true,
     .field = field<&Limits::reset_budget>()},
    {.id = LimitId::ResetRefill,
     .name = "reset-refill",
     .unit = Unit::PerSecond,
     .min = 0,
     .max = 100'000,
     .bounds = "Resets refunded to one connection per second, up to reset-budget.",
     .answer = "As reset-budget.",
     .counter = "reset_budgets_spent",
     .reloadable = true,
     .field = field<&Limits::reset_refill>()},
    {.id = LimitId::EarlyReset,
     .name = "early-reset-ms",
     .unit = Unit::Milliseconds,
     .min = 1,
     .max = kDayMs,
     .bounds =
         "Age of a call below which a reset by its peer spends reset-budget. Free at any age: a reset after the "
         "reply has begun, or after half of grpc-timeout. The age counts from the read of the call's HEADERS: if "
         "a link delays HEADERS until RST_STREAM arrives, the call looks new and its reset spends the budget; raise "
         "reset-refill then.",
     .answer = "As reset-budget.",
     .counter = "early_resets",
     .reloadable = true,
     .field = field<&Limits::early_reset>()},
    {.id = LimitId::FreeRefusals,
     .name = "free-refusals",
     .unit = Unit::PerSecond,
     .min = 0,
     .max = 100'000,
     .bounds = "Calls of one connection that max-streams may refuse before a refusal spends reset-budget.",
     .answer = "As reset-budget.",
     .counter = "refusals_charged",
     .reloadable = true,
     .field = field<&Limits::free_refusals>()},
    {.id = LimitId::IdleFrameBudget,
     .name = "idle-frame-budget",
     .unit = Unit::Count,
     .min = 10,
     .max = 1'000'000,
     .bounds =
         "Frames without progress that one connection may spend: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty "
         "DATA, unknown types. Free: answers to frames of the gateway, and frames in flight when it ended a call.",
     .answer = "GOAWAY ENHANCE_YOUR_CALM \"too many frames without progress\".",
     .counter = "idle_frame_budgets_spent",
     .reloadable = true,
     .field = field<&Limits::idle_frame_budget>()},
    {.id = LimitId::IdleFrameRefill,
     .name = "idle-frame-refill",
     .unit = Unit::PerSecond,
     .min = 0,
     .max = 1'000'000,
     .bounds = "Frames without progress refunded to one connection per second, up to idle-frame-budget.",
     .answer = "As idle-frame-budget.",
     .counter = "idle_frame_budgets_spent",
     .reloadable = true,
     .field = field<&Limits::idle_frame_refill>()},
    {.id = LimitId::TurnBytes,
     .name = "turn-bytes",
     .unit = Unit::Bytes,
     .min = kKiB,
     .max = kMiB,
     .bounds =
         "Work of one connection before the others get their turn: bytes that it reads, without the rest of a DATA "
         "frame, and bytes of header fields that it decodes and of metadata of its replies. With 17 KiB a DATA frame "
         "of 16 KiB is read at once.",
     .answer = "Nothing: the rest is handled in the next turn.",
     .counter = "turn_bytes_spent",
     .reloadable = true,
     .routine = true,
     .field = field<&Limits::turn_bytes>()},
    {.id = LimitId::TurnFields,
     .name = "turn-fields",
     .unit = Unit::Count,
     .min = 64,
     .max = 65536,
     .bounds = "Header fields that one connection decodes before the others get their turn.",
     .answer = "Nothing: the rest is handled in the next turn.",
     .counter = "turn_fields_spent",
     .reloadable = true,
     .routine = true,
     .field = field<&Limits::turn_fields>()},
    {.id = LimitId::TurnFrames,
     .name = "turn-frames",
     .unit = Unit::Count,
     .min = 16,
     .max = 65536,
     .bounds =
         "Frames of one connection that are handled before the others get their turn; four times as many frames of "
         "DATA are sent.",
     .answer = "Nothing: the rest is handled in the next turn.",
     .counter = "turn_frames_spent",
     .reloadable = true,
     .routine = true,
     .field = field<&Limits::turn_frames>()},
    {.id = LimitId::PrefaceTimeout,
     .name = "preface-timeout-ms",
     .unit = Unit::Milliseconds,
     .min = 10,
     .max = kDayMs,
     .bounds = "Time from accepting a connection to its complete preface and first SETTINGS (RFC 9113 3.4).",
     .answer = "GOAWAY PROTOCOL_ERROR \"no preface in time\", then closed.",
     .counter = "preface_timeouts",
     .reloadable = true,
     .field = field<&Limits::preface_timeout>()},
    {.id = LimitId::SettingsTimeout,
     .name = "settings-timeout-ms",
     .unit = Unit::Milliseconds,
     .min = 10,
     .max = kDayMs,
     .bounds = "Time from the client's preface to its acknowledgement of our SETTINGS (RFC 9113 6.5.3).",
     .answer = "GOAWAY SETTINGS_TIMEOUT \"SETTINGS not acknowledged in time\", then closed.",
     .counter = "settings_timeouts",
     .reloadable = true,
     .field = field<&Limits::settings_timeout>()},
    {.id = LimitId::HeaderTimeout,
     .name = "header-timeout-ms",
     .unit = Unit::Milliseconds,
     .min = 10,
     .max = kDayMs,
     .bounds =
         "Time from the start of a header block to its end, longer by the time that min-progress-bytes allows for "
         "its bytes.",
     .answer = "GOAWAY ENHANCE_YOUR_CALM \"header block not ended in time\", then closed.",
     .counter = "header_timeouts",
     .reloadable = true,
     .field = field<&Limits::header_timeout>()},
    {.id = LimitId::MessageTimeout,
     .name = "message-timeout-ms",
     .unit = Unit::Milliseconds,
     .min = 10,
     .max = kDayMs,
     .bounds = "Time from the start of a message to its end, longer by the time that min-progress-bytes allows for its "
               "bytes; and from the head of a request that is not a gRPC call to its end.",
     .answer =
         "DEADLINE_EXCEEDED \"message not ended in time\"; a request that is not a gRPC call gets its answer then.",
     .counter = "message_timeouts",
     .reloadable = true,
     .field = field<&Limits::message_timeout>()},
    {.id = LimitId::MinProgressBytes,
     .name = "min-progress-bytes",
     .unit = Unit::PerSecond,
     .min = 1,
     .max = kMiB,
     .bounds =
         "The rate at which a connection must make progress: each byte extends header-timeout-ms, "
         "message-timeout-ms and write-stall-ms by the time that it takes at this rate, and never beyond the full "
         "time from now. The open calls of a connection share the rate.",
     .answer = "As header-timeout-ms, message-timeout-ms or write-stall-ms.",
     .counter = "slow_peers",
     .reloadable = true,
     .field = field<&Limits::min_progress_bytes>()},
    {.id = LimitId::IdleTimeout,
     .name = "idle-timeout-ms",
     .unit = Unit::Milliseconds,
     .min = 10,
     .max = kDayMs,
     .zero = Zero::Never,
     .bounds = "Time that a connection may stay without an open call.",
     .answer = "GOAWAY NO_ERROR \"idle\", then closed.",
     .counter = "idle_timeouts",
     .reloadable = true,
     .routine = true,
     .field = field<&Limits::idle_timeout>()},
    {.id = LimitId::CallIdleTimeout,
     .name = "call-idle-timeout-ms",
     .unit = Unit::Milliseconds,
     .min = 10,
     .max = kDayMs,
     .zero = Zero::Never,
     .bounds =
         "Time that a call may stay open without a message in either direction. A call with a deadline of at most a "
         "day is exempt.",
     .answer = "UNAVAILABLE \"no message for call-idle-timeout-ms\".",
     .counter = "call_idle_timeouts",
     .reloadable = true,
     .field = field<&Limits::call_idle_timeout>()},
    {.id = LimitId::Keepalive,
     .name = "keepalive-ms",
     .unit = Unit::Milliseconds,
     .min = 10,
     .max = kDayMs,
     .zero = Zero::Never,
     .bounds = "Time without bytes from a peer after which the gateway checks that it is alive.",
     .answer = "PING.",
     .counter = "keepalives_sent",
     .reloadable = true,
     .routine = true,
     .field = field<&Limits::keepalive>()},
    {.id = LimitId::KeepaliveTimeout,
     .name = "keepalive-timeout-ms",
     .unit = Unit::Milliseconds,
     .min = 10,
     .max = kDayMs,
     .bounds = "Time for the acknowledgement of that PING.",
     .answer = "Nothing: the connection is closed.",
     .counter = "keepalive_timeouts",
     .reloadable = true,
     .field = field<&Limits::keepalive_timeout>()},
    {.id = LimitId::WriteStall,
     .name = "write-stall-ms",
     .unit = Unit::Milliseconds,
     .min = 10,
     .max = kDayMs,
     .bounds = "Time without progress (min-progress-bytes) while bytes wait for the peer to read them or to open a "
               "window.",
     .answer = "RST_STREAM CANCEL if the window of a stream stays closed; nothing if the peer does not read: the "
               "connection is closed.",
     .counter = "write_stalls",
     .reloadable = true,
     .field = field<&Limits::write_stall>()},
    {.id = LimitId::Drain,
     .name = "drain-seconds",
     .unit = Unit::Seconds,
     .min = 0,
     .max = 3600,
     .bounds = "Time for open calls to end after SIGTERM or SIGINT.",
     .answer = "GOAWAY NO_ERROR at its start; a call that is still open at its end is aborted with the connection.",
     .counter = "drains_cut_short",
     .reloadable = true,
     .field = field<&Limits::drain>()},
    {.id = LimitId::LogRate,
     .name = "log-rate",
     .unit = Unit::PerSecond,
     .min = 1,
     .max = 1'000'000,
     .bounds =
         "Log lines of each event (\"event=\") per second that peers can cause. Lines above it are counted, and one "
         "line (event=log-suppressed) reports how many there were.",
     .answer = "Nothing.",
     .counter = "log_lines_suppressed",
     .reloadable = true,
     .field = field<&Limits::log_rate>()},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (kTable[i].id != static_cast<LimitId>(i)) return false;
  }
  return true;
}
static_assert(in_order(), "limit_row() finds a row by its number");

}  // namespace

std::span<const LimitRow, kLimitCount> limit_table() {
  return kTable;
}

const LimitRow& limit_row(LimitId id) {
  return kTable[static_cast<std::size_t>(id)];
}

}  // namespace mote::engine

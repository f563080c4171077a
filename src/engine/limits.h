// The table of limits. Flags, configuration keys, environment variables, the worst case of memory and docs/limits.md come
// from it; both engines and the gateway read it. Nothing here allocates.
//
// A limit has one name in four spellings: key and flag `max-streams`, environment MOTE_MAX_STREAMS, field
// Limits::max_streams, LimitId::MaxStreams. Its default is the initialiser of its field in Limits and nowhere else.
//
// Limits has more than 25 data members because each limit is one.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "bytes/text_pool.h"
#include "text/measure.h"

namespace mote::engine {

// One per row of the table, in the table's order.
enum class LimitId : std::uint8_t {
  MaxConnections,
  MaxStreams,
  MaxStreamsPerConnection,
  ListenBacklog,
  MaxAddresses,
  MaxConnectionsPerAddress,
  MaxStreamsPerAddress,
  ReservedConnections,
  ReservedStreams,
#ifdef MOTE_TLS
  TlsHandshakes,
  TlsHandshakePercent,
#endif
  MaxMessageBytes,
  MaxHeaderBytes,
  MaxHeaderFields,
  MaxHeaderFrames,
  MaxHeaderExcess,
  MaxHeaderTableBytes,
  StreamWindowBytes,
  BufferBytes,
  ConnectionBufferBytes,
  BufferBytesPerAddress,
  ReceiveBytes,
  SendBytes,
  SocketReceiveBytes,
  SocketSendBytes,
  LargeSockets,
  LargeWindows,
  UploadWindows,
  UploadWindowBytes,
  ResetBudget,
  ResetRefill,
  EarlyReset,
  FreeRefusals,
  IdleFrameBudget,
  IdleFrameRefill,
  TurnBytes,
  TurnFields,
  TurnFrames,
  PrefaceTimeout,
  SettingsTimeout,
  HeaderTimeout,
  MessageTimeout,
  MinProgressBytes,
  IdleTimeout,
  CallIdleTimeout,
  Keepalive,
  KeepaliveTimeout,
  WriteStall,
  MaxConnectionAge,
  MaxConnectionAgeGrace,
  TcpKeepalive,
  Drain,
  LogRate,
  HttpConnections,
  HttpRequestBytes,
  HttpTimeout,
  HttpIdleTimeout,
  MetricsMethods,
};
inline constexpr std::size_t kLimitCount = static_cast<std::size_t>(LimitId::MetricsMethods) + 1;

// Size of the buffers of a large socket in each direction (large-sockets): the whole window of an HTTP/2 connection.
inline constexpr std::uint32_t kLargeSocketBytes = 64 * 1024;

// Sockets of connections that made room for others and of refused ones, which stay open until their peers have read GOAWAY. They
// count like connections in socket-receive-bytes and socket-send-bytes.
inline constexpr std::uint32_t kClosingSockets = 8;

// The values in force. Bytes and counts fit in 32 bits, so they convert to size_t on every board. buffer_bytes and
// connection_buffer_bytes are 0 (automatic) until resolve() has run; engines get only resolved limits. A time of 0 means never
// if the table allows it.
struct Limits {
  std::uint32_t max_connections = 128;
  std::uint32_t max_streams = 256;
  std::uint32_t max_streams_per_connection = 100;
  std::uint32_t listen_backlog = 1024;
  std::uint32_t max_addresses = 256;
  std::uint32_t max_connections_per_address = 0;
  std::uint32_t max_streams_per_address = 0;
  std::uint32_t reserved_connections = 2;
  std::uint32_t reserved_streams = 8;
#ifdef MOTE_TLS
  std::uint32_t tls_handshakes = 8;
  std::uint32_t tls_handshake_percent = 50;
#endif
  std::uint32_t max_message_bytes = 64 * 1024;
  std::uint32_t max_header_bytes = 8 * 1024;
  std::uint32_t max_header_fields = 64;
  std::uint32_t max_header_frames = 8;
  std::uint32_t max_header_excess = 2;
  std::uint32_t max_header_table_bytes = 4096;
  std::uint32_t stream_window_bytes = 2 * 1024;
  std::uint32_t buffer_bytes = 0;
  std::uint32_t connection_buffer_bytes = 0;
  std::uint32_t buffer_bytes_per_address = 0;
  std::uint32_t receive_bytes = 32 * 1024;
  std::uint32_t send_bytes = 32 * 1024;
  std::uint32_t socket_receive_bytes = 16 * 1024;
  std::uint32_t socket_send_bytes = 16 * 1024;
  std::uint32_t large_sockets = 16;
  std::uint32_t large_windows = 10;
  std::uint32_t upload_windows = 2;
  std::uint32_t upload_window_bytes = 256 * 1024;
  std::uint32_t reset_budget = 200;
  std::uint32_t reset_refill = 20;
  std::chrono::milliseconds early_reset{20};
  std::uint32_t free_refusals = 1000;
  std::uint32_t idle_frame_budget = 1000;
  std::uint32_t idle_frame_refill = 50;
  std::uint32_t turn_bytes = 17 * 1024;
  std::uint32_t turn_fields = 1024;
  std::uint32_t turn_frames = 128;
  std::chrono::milliseconds preface_timeout{10'000};
  std::chrono::milliseconds settings_timeout{10'000};
  std::chrono::milliseconds header_timeout{5'000};
  std::chrono::milliseconds message_timeout{30'000};
  std::uint32_t min_progress_bytes = 500;
  std::chrono::milliseconds idle_timeout{3'600'000};
  std::chrono::milliseconds call_idle_timeout{3'600'000};
  std::chrono::milliseconds keepalive{60'000};
  std::chrono::milliseconds keepalive_timeout{20'000};
  std::chrono::milliseconds write_stall{30'000};
  std::chrono::seconds max_connection_age{0};
  std::chrono::seconds max_connection_age_grace{0};
  std::chrono::seconds tcp_keepalive{0};
  std::chrono::seconds drain{10};
  std::uint32_t log_rate = 10;
  std::uint32_t http_connections = 4;
  std::uint32_t http_request_bytes = 4 * 1024;
  std::chrono::milliseconds http_timeout{10'000};
  std::chrono::milliseconds http_idle_timeout{120'000};
  std::uint32_t metrics_methods = 32;
  bool tls = false;                // No limit: a listener speaks TLS, so its memory counts.
  bool http = false;               // No limit: metrics and the status page are on, so their memory counts.
  bool gzip = false;               // No limit: compressed messages are read and sent, so the memory for that counts.
  bool reuse_port = false;         // No limit: other gateways may listen on the same port (SO_REUSEPORT).
  std::uint32_t access_bytes = 0;  // No limit: for the texts that say who may connect and call, in two versions.

  bool operator==(const Limits&) const = default;
};

// Only a message above 64 KiB needs an upload window.
constexpr std::uint32_t usable_upload_windows(const Limits& limits) {
  return limits.max_message_bytes > kLargeSocketBytes ? limits.upload_windows : 0;
}

// Size of the socket buffers behind an upload window, in each direction. The kernel doubles it for its overhead, so its window
// is about as large. The default is 208 KiB, the least that net.core.rmem_max and wmem_max allow on Linux unless they are lowered;
// of a larger size the kernel takes what they allow.
constexpr std::uint32_t upload_socket_bytes(const Limits& limits) {
  return limits.upload_window_bytes / 16 * 13;
}

// The memory that an engine needs for each object, in bytes with alignment. The engine provides the values.
struct EngineSizes {
  std::size_t connection = 0;       // one connection with the largest header table
  std::size_t call = 0;             // one call (stream), service state included
  std::size_t address = 0;          // one row of the table of peer addresses
  std::size_t block = 1;            // usable bytes of one block of the pool, at least 1
  std::size_t block_overhead = 0;   // further bytes for each block
  std::size_t tls_connection = 0;   // further bytes of a connection if a listener speaks TLS
  std::size_t tls_handshake = 0;    // one TLS handshake under way
  std::size_t tls_fixed = 0;        // further fixed memory for TLS
  std::size_t http_connection = 0;  // one connection of the listener of metrics, without its request
  std::size_t metrics_method = 0;   // the counters of one method
  std::size_t http_fixed = 0;       // further fixed memory of that listener
  std::size_t gzip_fixed = 0;       // further fixed memory for compressed messages
  std::size_t socket = 0;           // the kernel's objects of one connection: socket, file, epoll
  std::size_t large_socket = 0;     // one entry of the list of large sockets
  std::size_t large_window = 0;     // one entry of the list of large windows
  std::size_t socket_factor = 0;    // bytes of kernel memory that a byte of a socket buffer may take; 0: not limited
  std::size_t fixed = 0;            // memory that depends on no limit: loop, listeners, tables
};

using text::Unit;

// The meaning of the value 0 if it is allowed although it is outside the range.
enum class Zero : std::uint8_t { Plain, Automatic, Never };

// `count` objects of `each` bytes.
struct Cost {
  std::uint64_t count = 0;
  std::uint64_t each = 0;
  [[nodiscard]] constexpr std::uint64_t bytes() const { return count * each; }
};

// The limit's field in Limits.
class LimitField {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a row names the field only
  constexpr LimitField(std::uint32_t Limits::*number = nullptr) : kind_(Kind::Number), field_{.number = number} {}
  constexpr LimitField(std::chrono::milliseconds Limits::*time)
      : kind_(Kind::Milliseconds), field_{.milliseconds = time} {}
  constexpr LimitField(std::chrono::seconds Limits::*time) : kind_(Kind::Seconds), field_{.seconds = time} {}
  // NOLINTEND(google-explicit-constructor)

  // In the key's unit.
  [[nodiscard]] std::uint64_t get(const Limits& limits) const;
  void set(Limits& limits, std::uint32_t value) const;

 private:
  enum class Kind : std::uint8_t { Number, Milliseconds, Seconds };
  union Field {
    std::uint32_t Limits::*number;
    std::chrono::milliseconds Limits::*milliseconds;
    std::chrono::seconds Limits::*seconds;
  };

  Kind kind_;
  Field field_;
};

// A text of the table, which has no addresses (bytes/text_pool.h).
class LimitText {
 public:
  constexpr LimitText() = default;
  constexpr explicit LimitText(TextPlace place) : place_(place) {}

  [[nodiscard]] std::string_view view() const;
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor): it is one

 private:
  TextPlace place_;
};

// As it is written in the sections of the table, `Text` is std::string_view.
template <class Text>
struct LimitRowWith {
  LimitId id{};
  Text name{};  // key, flag without its dashes
  Unit unit{};
  std::uint32_t min = 0;  // in the key's unit
  std::uint32_t max = 0;
  Zero zero = Zero::Plain;
  Text bounds;              // one sentence: what it limits
  Text answer;              // one sentence: what the peer receives at the limit
  Text counter;             // snake_case: counts how often the limit is hit; a refill names the counter of its budget
  bool reloadable = false;  // may change while connections are open, because nothing was allocated or announced from it
  bool routine = false;     // hit by every peer that makes good use of the gateway: no refusal
  Text cost_text = Text();  // empty in a section: none
  Cost (*cost)(const Limits&, const EngineSizes&) = nullptr;  // of resolved limits; null if it needs no memory
  LimitField field;

  [[nodiscard]] std::uint64_t get(const Limits& limits) const { return field.get(limits); }
  void set(Limits& limits, std::uint32_t value) const { field.set(limits, value); }  // a value that accepts() allows
  [[nodiscard]] std::uint64_t default_value() const { return get(Limits{}); }
  [[nodiscard]] Cost cost_of(const Limits& limits, const EngineSizes& sizes) const {
    return cost == nullptr ? Cost{} : cost(limits, sizes);
  }
  [[nodiscard]] constexpr bool accepts(std::uint64_t value) const {
    return (value == 0 && zero != Zero::Plain) || (value >= min && value <= max);
  }
};
using LimitRow = LimitRowWith<LimitText>;

std::span<const LimitRow, kLimitCount> limit_table();
const LimitRow& limit_row(LimitId id);

// Replaces automatic values (0) by the values that they represent; resolving twice changes nothing. Each value must be
// accepted by its row.
//   buffer_bytes            = max(1 MiB, 4 x max_message_bytes)
//   connection_buffer_bytes = max(512 KiB, 4 x max_message_bytes) + max_streams_per_connection x stream_window_bytes,
//                             but never more than buffer_bytes
//   *_per_address           = everything
void resolve(Limits& limits);

// A rule between two resolved limits.
struct LimitRule {
  enum class Kind : std::uint8_t { AtLeast, AtMost };
  LimitId limit;    // the value of this limit must be ...
  Kind kind;        // ... at least or at most ...
  LimitId because;  // ... a bound that depends on this limit:
  std::uint64_t (*bound)(const Limits&);
  std::string_view bound_text;  // the bound as a formula of keys, "2 x max-message-bytes + 64 KiB"

  [[nodiscard]] bool holds(const Limits& limits) const;
};
std::span<const LimitRule> limit_rules();

// The memory that depends on no limit.
std::uint64_t fixed_bytes(const Limits& limits, const EngineSizes& sizes);

// The memory that the engine takes at start: the sum of the costs of all rows and fixed_bytes(). Needs resolved limits.
std::uint64_t worst_case_bytes(const Limits& limits, const EngineSizes& sizes);

// How often each limit was hit since the start.
class Counters {
 public:
  // Returns the new count.
  std::uint64_t add(LimitId id) { return ++counts_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] std::uint64_t of(LimitId id) const { return counts_[static_cast<std::size_t>(id)]; }

 private:
  std::array<std::uint64_t, kLimitCount> counts_{};
};

}  // namespace mote::engine

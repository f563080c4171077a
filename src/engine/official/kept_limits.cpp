#include "engine/official/kept_limits.h"

#include "engine/log.h"

namespace mote::official {

using engine::LimitId;

KeptLimit kept(LimitId id) {
  switch (id) {
    case LimitId::MaxConnections:
      return {Keeper::Nobody, "All connections are accepted. Later versions of the library enforce this limit."};
    case LimitId::MaxStreams:
      return {Keeper::Engine, "Another call gets the status UNAVAILABLE instead of a reset."};
    case LimitId::MaxAddresses:
    case LimitId::MaxConnectionsPerAddress:
    case LimitId::MaxStreamsPerAddress:
    case LimitId::BufferBytesPerAddress:
    case LimitId::ReservedConnections:
      return {Keeper::Nobody, "The library does not count peers by address."};
    case LimitId::ReservedStreams:
      return {Keeper::Engine, "One address may use all of them."};
    case LimitId::MaxStreamsPerConnection:
    case LimitId::MaxHeaderBytes:
    case LimitId::MaxHeaderTableBytes:
    case LimitId::PrefaceTimeout:
    case LimitId::IdleTimeout:
    case LimitId::Keepalive:
    case LimitId::KeepaliveTimeout:
    case LimitId::MaxConnectionAge:
      return {Keeper::Library, {}};
    case LimitId::MaxConnectionAgeGrace:
      return {Keeper::Library, "The connection is closed, and open calls get UNAVAILABLE without this message."};
    case LimitId::TcpKeepalive:
      return {Keeper::Nobody, "The library makes the sockets, and does not set TCP keepalive."};
    case LimitId::ListenBacklog:
      return {Keeper::Nobody, "The library uses net.core.somaxconn."};
    case LimitId::MaxMessageBytes:
      return {Keeper::Library, "On 32-bit processors, version 1.51 aborts if a message announces 4 GiB."};
    case LimitId::MaxHeaderFields:
      return {Keeper::Engine,
              "The engine counts after the library has read the fields, and without the fields that gRPC itself uses."};
    case LimitId::MaxHeaderFrames:
    case LimitId::MaxHeaderExcess:
      return {Keeper::Nobody, "max-header-bytes limits their content."};
    case LimitId::StreamWindowBytes:
      return {Keeper::Library,
              "The library opens the window for a message that it reads without checking for free memory."};
    case LimitId::LargeWindows:
      return {Keeper::Nobody, "stream-window-bytes applies to all connections."};
    case LimitId::UploadWindows:
    case LimitId::UploadWindowBytes:
      return {Keeper::Nobody, "The library chooses the window of a connection."};
    case LimitId::BufferBytes:
      return {Keeper::Engine,
              "It counts waiting replies, except the first of each call, and the data that handlers keep; the library "
              "has its own quota."};
    case LimitId::ConnectionBufferBytes:
      return {Keeper::Nobody, "buffer-bytes limits all connections together."};
    case LimitId::ReceiveBytes:
      return {Keeper::Library, "Per connection, not once."};
    case LimitId::SendBytes:
      return {Keeper::Library, "Per call, not once."};
    case LimitId::SocketReceiveBytes:
    case LimitId::SocketSendBytes:
    case LimitId::LargeSockets:
      return {Keeper::Nobody, "The kernel chooses the size of the library's sockets."};
    case LimitId::ResetBudget:
    case LimitId::ResetRefill:
    case LimitId::EarlyReset:
      return {Keeper::Nobody, "Version 1.51 accepts any number of resets and uses memory for each."};
    case LimitId::FreeRefusals:
      return {Keeper::Nobody, "A call that max-streams refuses gets a status and spends no budget."};
    case LimitId::IdleFrameBudget:
    case LimitId::IdleFrameRefill:
      return {Keeper::Library, "Of these frames, the library counts only PING."};
    case LimitId::SettingsTimeout:
      return {Keeper::Nobody, "The library waits for the acknowledgement until the connection closes."};
#ifdef MOTE_TLS
    case LimitId::TlsHandshakes:
    case LimitId::TlsHandshakePercent:
      return {Keeper::Nobody, "This engine has no TLS."};
#endif
    case LimitId::TurnBytes:
    case LimitId::TurnFields:
    case LimitId::TurnFrames:
      return {Keeper::Nobody, "The library has its own threads and its own order."};
    case LimitId::HeaderTimeout:
    case LimitId::MessageTimeout:
      return {Keeper::Nobody, "A deadline, call-idle-timeout-ms or the keepalive ends such a call."};
    case LimitId::MinProgressBytes:
      return {Keeper::Nobody, "A reply that the peer accepts in part restarts write-stall-ms."};
    case LimitId::CallIdleTimeout:
    case LimitId::WriteStall:
      return {Keeper::Engine, "Checked once per second."};
    case LimitId::HttpConnections:
    case LimitId::HttpRequestBytes:
    case LimitId::HttpTimeout:
    case LimitId::HttpIdleTimeout:
    case LimitId::MetricsMethods:
      return {Keeper::Nobody, "This engine has no metrics and no status page."};
    case LimitId::Drain:
    case LimitId::LogRate:
      return {Keeper::Engine, {}};
  }
  return {Keeper::Nobody, {}};
}

void log_limits_without_effect(const engine::Limits& limits) {
  for (const engine::LimitRow& row : engine::limit_table()) {
    const KeptLimit limit = kept(row.id);
    const bool automatic = row.zero == engine::Zero::Automatic;
    if (limit.keeper != Keeper::Nobody || automatic || row.get(limits) == row.default_value()) continue;
    engine::LogLine(engine::LogLevel::Warn, "limit-has-no-effect", engine::LogRate::Operator)
        .field("name", row.name)
        .field("reason", limit.how);
  }
}

}  // namespace mote::official

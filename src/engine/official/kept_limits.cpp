#include "engine/official/kept_limits.h"

#include "engine/log.h"

namespace mote::official {

using engine::LimitId;

KeptLimit kept(LimitId id) {
  switch (id) {
    case LimitId::MaxConnections:
      return {Keeper::Nobody, "Every connection is taken. Later versions of the library keep this limit."};
    case LimitId::MaxStreams:
      return {Keeper::Engine, "One more gets the status UNAVAILABLE in place of a reset."};
    case LimitId::MaxStreamsPerConnection:
    case LimitId::MaxHeaderBytes:
    case LimitId::MaxHeaderTableBytes:
    case LimitId::PrefaceTimeout:
    case LimitId::IdleTimeout:
    case LimitId::Keepalive:
    case LimitId::KeepaliveTimeout:
      return {Keeper::Library, {}};
    case LimitId::ListenBacklog:
      return {Keeper::Nobody, "The library takes net.core.somaxconn."};
    case LimitId::MaxMessageBytes:
      return {Keeper::Library, "On 32-bit processors version 1.51 aborts when 4 GiB are announced."};
    case LimitId::MaxHeaderFields:
      return {Keeper::Engine, "Counted without the fields that gRPC itself uses, and after the library has read them."};
    case LimitId::MaxHeaderFrames:
      return {Keeper::Nobody, "max-header-bytes bounds what they may hold."};
    case LimitId::StreamWindowBytes:
      return {Keeper::Library,
              "The library opens the window of a message that it reads without asking for memory first."};
    case LimitId::BufferBytes:
      return {
          Keeper::Engine,
          "Replies that wait, the first of each call excepted, and what handlers keep; the library has its own quota."};
    case LimitId::ConnectionBufferBytes:
      return {Keeper::Nobody, "buffer-bytes bounds all connections together."};
    case LimitId::ReceiveBytes:
      return {Keeper::Library, "For each connection, not once."};
    case LimitId::SendBytes:
      return {Keeper::Library, "For each call, not once."};
    case LimitId::ResetBudget:
    case LimitId::ResetRefill:
    case LimitId::EarlyReset:
      return {Keeper::Nobody, "Version 1.51 takes any number of resets, and memory for each."};
    case LimitId::FreeRefusals:
      return {Keeper::Nobody, "A call refused for max-streams gets a status and costs nothing."};
    case LimitId::IdleFrameBudget:
    case LimitId::IdleFrameRefill:
      return {Keeper::Library, "Of these frames the library counts PING alone."};
    case LimitId::SettingsTimeout:
      return {Keeper::Nobody, "The library waits for the acknowledgement as long as the connection lives."};
    case LimitId::HeaderTimeout:
    case LimitId::MessageTimeout:
      return {Keeper::Nobody, "A deadline, call-idle-timeout-ms or the keepalive ends such a call."};
    case LimitId::MinProgressBytes:
      return {Keeper::Nobody, "A reply that the peer accepts in part restarts write-stall-ms."};
    case LimitId::CallIdleTimeout:
    case LimitId::WriteStall:
      return {Keeper::Engine, "Looked at once a second."};
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

// Who may make a call (access.h).
#include "engine/lean/connection.h"
#include "engine/lean/stream_call.h"
#include "engine/log.h"

namespace mote::lean {

namespace {

using engine::LogLevel;
using engine::LogLine;
using rpc::StatusCode;
using State = Access::Bearer::State;

constexpr std::string_view kHealthPrefix = "/grpc.health.v1.Health/";

// What the caller has proved, for the log and the status message.
std::string_view name_of(const rpc::Peer& caller) {
  for (const std::string_view name : {caller.token_name, caller.certificate_name, caller.psk_identity}) {
    if (!name.empty()) return name;
  }
  return {};
}

std::string_view refusal_of(State token) {
  if (token == State::Exposed) return "a bearer token needs TLS: everybody on the way can read it here";
  return "the bearer token is not known";
}

}  // namespace

Access::Bearer StreamCall::bearer() const {
  const Access* access = connection_.core().access;
  if (access == nullptr) return {};
  const bool exposed = !connection_.on_unix_socket && !connection_.encrypted();
  return access->bearer(metadata().find("authorization").value_or(std::string_view()), exposed);
}

bool StreamCall::permitted() {
  const Access* access = connection_.core().access;
  if (access == nullptr || !access->restricts()) return true;
  const std::string_view path = head_.method()->path;
  if (connection_.on_unix_socket && path.starts_with(kHealthPrefix)) return true;
  const Access::Bearer token = bearer();
  rpc::Peer caller = connection_.identity();
  caller.token_name = token.name;
  const bool refused = token.state == State::Unknown || token.state == State::Exposed;
  if (!refused && access->permits(caller, path)) return true;

  engine::FixedText<440> text;
  if (refused) {
    text.add(refusal_of(token.state));
  } else if (!caller.identified()) {
    text.add("the caller has no identity, and ").add(path).add(" needs one: a client certificate or a token");
  } else if (name_of(caller).empty()) {
    text.add("user ").add(*caller.uid).add(" may not call ").add(path);
  } else {
    text.add(name_of(caller)).add(" may not call ").add(path);
  }
  LogLine(LogLevel::Warn, "call-denied").field("peer", connection_.peer().view()).field("reason", text.view());
  finish(refused || !caller.identified() ? StatusCode::Unauthenticated : StatusCode::PermissionDenied, text.view());
  return false;
}

}  // namespace mote::lean

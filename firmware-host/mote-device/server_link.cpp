#include "mote-device/server_link.h"

namespace mote::tool {

bool ServerLink::prepare(const Options& options, [[maybe_unused]] std::FILE* errors) {
  address(options.target);
  port_ = mote_posix_port(&posix_);
#ifdef MOTE_TLS
  if (!options.tls.wanted()) return true;
  if (!tls_.start(options.tls, host_.data(), port_, errors)) return false;
  port_ = tls_.port();
#endif
  return true;
}

void ServerLink::address(const Target& target) {
  if (target.host.empty()) {
    // The path is NUL-terminated: it is the end of an argument.
    mote_posix_unix(&posix_, target.path.data());
    std::snprintf(authority_.data(), authority_.size(), "localhost");
    return;
  }
  target.host.copy(host_.data(), host_.size() - 1);
  std::snprintf(service_.data(), service_.size(), "%u", unsigned{target.port});
  const bool six = target.host.find(':') != std::string_view::npos;
  std::snprintf(authority_.data(), authority_.size(), six ? "[%s]:%s" : "%s:%s", host_.data(), service_.data());
  mote_posix_tcp(&posix_, host_.data(), service_.data());
}

ServerLink::Reason ServerLink::reason() const {
  Reason reason{};
  std::snprintf(reason.data(), reason.size(), "%s", static_cast<const char*>(posix_.reason));
#ifdef MOTE_TLS
  if (tls_.started()) tls_.describe_failure(reason);
#endif
  return reason;
}

mote_tls_session ServerLink::session() const {
#ifdef MOTE_TLS
  if (tls_.started()) return tls_.session();
#endif
  return {};
}

}  // namespace mote::tool

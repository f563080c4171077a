// The byte stream to the server of a run: a socket, and TLS over it if the command line asks for it.
#pragma once

#include <array>
#include <csignal>
#include <cstdio>

#include "mote-device/options.h"
#include "mote/port.h"
#include "mote/port_posix.h"
#include "mote/port_tls.h"
#ifdef MOTE_TLS
#include "mote-device/tls.h"
#endif

namespace mote::tool {

class ServerLink {
 public:
  ServerLink() = default;
  ServerLink(const ServerLink&) = delete;
  ServerLink& operator=(const ServerLink&) = delete;

  // Does not connect. False: the files of TLS cannot be used; one line on `errors` has the reason. `options` must outlive the link.
  [[nodiscard]] bool prepare(const Options& options, std::FILE* errors);

  [[nodiscard]] const mote_port& port() const { return port_; }
  // The name of the server, for mote_options.
  [[nodiscard]] const char* authority() const { return authority_.data(); }
  // The address of the connected server; "" before the first connection.
  [[nodiscard]] const char* peer() const { return static_cast<const char*>(posix_.peer); }

  // A flag that ends connections when a signal sets it; null: none.
  void obey(const volatile std::sig_atomic_t* stop) { posix_.stop = stop; }
  [[nodiscard]] bool obeys() const { return posix_.stop != nullptr; }

  // Why there is no connection; empty: not known.
  using Reason = std::array<char, 128>;
  [[nodiscard]] Reason reason() const;
  // Without a version if there was none.
  [[nodiscard]] mote_tls_session session() const;

 private:
  void address(const Target& target);

  std::array<char, 256> host_{};
  std::array<char, 8> service_{};
  std::array<char, 264> authority_{};
  mote_posix posix_{};
  mote_port port_{};
#ifdef MOTE_TLS
  Tls tls_;
#endif
};

}  // namespace mote::tool

// Both ends of TLS for a fuzzer: the certificates and rules of the gateway, and OpenSSL's client. An input always gives the same
// bytes: random numbers are a fixed sequence.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <vector>

#include "mote/span.h"
#include "tls/server_context.h"

namespace mote::fuzz {

// Once, before anything else of this file.
void start_tls();

// The sequence of random numbers begins again. Before each input.
void restart_random();

// With `mutual`, the client needs a certificate.
tls::ServerContext& server_context(bool mutual);

using Pipe = std::vector<std::uint8_t>;

class TlsPeer {
 public:
  struct Options {
    bool newest = false;  // TLS 1.3
    bool mutual = false;  // Has a certificate.
    bool chacha = false;  // Offers no other suite.
  };

  explicit TlsPeer(const Options& options);
  ~TlsPeer();
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  // Takes the bytes of the server, continues the handshake and reads. Plaintext is added to `read`, records to `to_server`.
  void turn(Bytes from_server, Pipe& to_server);
  // Returns whether the text was taken: the handshake is over, and nothing has failed.
  bool write(Bytes text, Pipe& to_server);
  // close_notify
  void close(Pipe& to_server);
  // A message that the server does not support: KeyUpdate, or the start of a renegotiation.
  void ask_for_new_keys(Pipe& to_server);

  [[nodiscard]] bool open() const { return SSL_is_init_finished(ssl_) != 0 && !failed_; }
  [[nodiscard]] bool failed() const { return failed_; }
  // The server has sent close_notify.
  [[nodiscard]] bool ended() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }

  Pipe read;

 private:
  void note(int result);
  void flush(Pipe& to_server);

  SSL* ssl_;
  BIO* in_;
  BIO* out_;
  bool failed_ = false;
};

}  // namespace mote::fuzz

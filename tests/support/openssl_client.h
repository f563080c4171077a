// OpenSSL's client in memory, and the certificates of ./dev certs: a peer for tests of TLS.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tls/server_context.h"
#include "tls/session.h"

namespace mote::test {

// The text of a file of the folder MOTE_TEST_CERTIFICATES, which ctest sets.
std::string certificate_file(const std::string& name);

// A context with the certificate of the gateway. `names`, `client_ca` and `psks` as in tls::ServerSettings; names and psks must outlive
// it.
std::unique_ptr<tls::ServerContext> tls_context(const std::string& client_ca = {}, std::string_view names = {},
                                                tls::Version version = tls::Version::Tls12, std::string_view psks = {});

// Gives mbedTLS its memory, with places for `handshakes`. Once in a program.
void take_tls_memory(std::size_t handshakes);

struct OpensslOptions {
  int version = TLS1_3_VERSION;
  std::string certificate{};  // "device" for device.pem and device.key
  bool alpn = true;
  const char* suites = nullptr;  // of TLS 1.2
  std::string identity{};        // with `psk`, a pre-shared key
  std::string psk{};
  bool small_records = false;      // The server's have at most 512 bytes of plaintext.
  SSL_SESSION* session = nullptr;  // to be resumed
};

class OpensslClient {
 public:
  using Pipe = std::vector<std::uint8_t>;

  explicit OpensslClient(const OpensslOptions& options);
  ~OpensslClient();
  OpensslClient(const OpensslClient&) = delete;
  OpensslClient& operator=(const OpensslClient&) = delete;

  // Takes what is in `from_server`, continues the handshake, and appends what it sends to `to_server`.
  void turn(Pipe& from_server, Pipe& to_server);
  void write(Pipe& to_server, const std::string& text);
  // All plaintext that has arrived.
  std::string read(Pipe& from_server, Pipe& to_server);
  // close_notify
  void close(Pipe& to_server);
  // A KeyUpdate of TLS 1.3.
  void update_keys(Pipe& to_server);
  // The first message of a renegotiation of TLS 1.2.
  void renegotiate(Pipe& to_server);
  [[nodiscard]] bool finished() const { return SSL_is_init_finished(ssl_) != 0; }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_) != 0; }
  // The session of the last ticket, after read(); the caller frees it. nullptr: there is none.
  [[nodiscard]] SSL_SESSION* session() const;
  // The server has sent close_notify.
  [[nodiscard]] bool ended() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }

 private:
  static unsigned use_psk(SSL* ssl, const char* hint, char* identity, unsigned identity_room, unsigned char* psk,
                          unsigned psk_room);
  void flush(Pipe& to_server);

  OpensslOptions options_;
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
};

}  // namespace mote::test

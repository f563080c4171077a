// OpenSSL's server in memory, behind a port: a peer for tests of the device's TLS. Certificates are in the folder MOTE_TEST_CERTIFICATES
// (scripts/certs.py). The clock moves only during waits.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mote/port.h"

namespace mote::test {

// The text of a file of the folder.
std::string tls_file(const std::string& name);
// The same as DER, of a certificate or a key in PEM.
std::vector<std::uint8_t> tls_der(const std::string& name);

struct ServerOptions {
  int version = TLS1_2_VERSION;
  // The names, and the days from now, of a certificate that is made for the test; empty: gateway.pem.
  std::string names{};
  long first_day = 0;
  long last_day = 1;
  bool alpn = true;
  bool client_certificate = false;  // is required
  std::string psk_identity{};
  std::string psk{};
};

class OpensslServer {
 public:
  explicit OpensslServer(const ServerOptions& options = {});
  ~OpensslServer();
  OpensslServer(const OpensslServer&) = delete;
  OpensslServer& operator=(const OpensslServer&) = delete;

  [[nodiscard]] mote_port port();

  // Plaintext: sends it in one record, and returns what has arrived.
  void write(const std::string& text);
  std::string received();
  // close_notify
  void close();
  // TLS 1.3: asks the client for new keys, or sends `count` tickets.
  void update_keys();
  void send_tickets(unsigned count);
  // Sends these bytes as they are.
  void send_raw(const std::string& bytes) { to_client_.insert(to_client_.end(), bytes.begin(), bytes.end()); }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_) == 1; }
  // The bytes that the client has not read.
  std::vector<std::uint8_t>& to_client() { return to_client_; }

  std::uint32_t now_ms = 1000;
  std::size_t most_at_once = SIZE_MAX;     // that one read returns
  std::uint32_t read_ms = 0;               // that each read takes
  std::size_t ends_after = SIZE_MAX;       // The connection ends after this number of bytes to the client.
  bool silent = false;                     // The server receives and sends nothing.
  bool refuses = false;                    // connect() fails.
  unsigned entropy_requests_left = 10000;  // Later ones fail.
  bool open = false;

 private:
  static OpensslServer& of(void* server) { return *static_cast<OpensslServer*>(server); }
  bool connect();
  bool take(std::span<const std::uint8_t> bytes);
  int give(std::span<std::uint8_t> into, std::uint32_t deadline_ms);
  void run();

  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  std::string psk_identity_;
  std::string psk_;
  std::vector<std::uint8_t> to_client_;
  std::size_t given_ = 0;
};

}  // namespace mote::test

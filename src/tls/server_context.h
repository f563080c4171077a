// The certificate, the key and the rules of TLS listeners.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "mbedtls/pk.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"

namespace mote::tls {

enum class Version : std::uint8_t { Tls12, Tls13 };

struct ServerSettings {
  // PEM; all but the first two may be empty.
  std::string_view certificate;  // Of the server; intermediate ones follow.
  std::string_view key;          // ECDSA on P-256, without a password.
  std::string_view client_ca;    // Clients must have a certificate that one of these signed.
  // If not empty, one must match a subject alternative name (DNS) of the client's certificate. `*` stands for one label. The
  // texts must outlive the context.
  std::span<const std::string> allowed_names;
  Version min_version = Version::Tls12;
};

class ServerContext {
 public:
  ServerContext();
  ~ServerContext();
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  // Once. Returns an empty text, or one line with the error that begins with the setting: "tls-certificate: ...".
  [[nodiscard]] std::string load(const ServerSettings& settings);

  // Whole days until the certificate expires, counted from now.
  [[nodiscard]] int days_left() const;
  // When it expires, in seconds since 1970.
  [[nodiscard]] std::uint64_t expires_at() const;

  // For the library.
  [[nodiscard]] const mbedtls_ssl_config& config() const { return config_; }
  // The same without certificates, for connections whose handshake is over. It lives as long as the program.
  static const mbedtls_ssl_config& established_config();

 private:
  static int check_names(void* context, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags);
  [[nodiscard]] bool allows(const mbedtls_x509_crt& certificate) const;

  mbedtls_ssl_config config_{};
  mbedtls_x509_crt certificate_{};
  mbedtls_x509_crt client_ca_{};
  mbedtls_pk_context key_{};
  std::span<const std::string> allowed_names_;
};

// Whether `name` is `pattern`, in which a first label `*` stands for one label (RFC 6125 6.4.3). Letters count without case.
[[nodiscard]] bool name_matches(std::string_view pattern, std::string_view name);

}  // namespace mote::tls

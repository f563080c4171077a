// The certificate, the key and the rules of TLS listeners.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mbedtls/pk.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "tls/suites.h"
#include "tls/ticket_keys.h"

namespace mote::tls {

enum class Version : std::uint8_t { Tls12, Tls13 };

struct ServerSettings {
  // PEM, with a zero behind each text; all but the first two may be empty.
  std::string_view certificate;  // Of the server; intermediate ones follow.
  std::string_view key;          // ECDSA on P-256, without a password.
  std::string_view client_ca;    // Clients must have a certificate that one of these signed.
  // If not empty, a subject alternative name (DNS) of the client's certificate must be listed (tls/names.h). The text must outlive
  // the context.
  std::string_view allowed_names;
  // Of clients without certificates (tls/pre_shared_keys.h). Without them, suites with pre-shared keys are not offered. The text
  // must outlive the context.
  std::string_view psks;
  Version min_version = Version::Tls12;
  // Clients without a certificate and a pre-shared key get session tickets: a ticket does not contain the name that they have proved.
  // nullptr: there are no tickets.
  TicketKeys* tickets = nullptr;
  std::string_view suites;  // Names, each with a line feed (tls/suites.h); empty: those of this processor.
};

// Why settings cannot be used. Both are empty if they can.
struct LoadError {
  std::string_view setting;  // "tls-certificate"
  std::string_view text;     // Valid as long as the context.
};

class ServerContext {
 public:
  ServerContext();
  ~ServerContext();
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  // Once. Takes memory of the library only.
  [[nodiscard]] LoadError load(const ServerSettings& settings);

  // Whole days until the certificate expires, counted from now.
  [[nodiscard]] int days_left() const;
  // When it expires, in seconds since 1970.
  [[nodiscard]] std::uint64_t expires_at() const;

  // The first DNS name of a client's certificate that `allowed_names` admits. Empty if there is none.
  [[nodiscard]] std::string_view name_of(const mbedtls_x509_crt& certificate) const;

  // Sessions that need the context: their handshake has begun and is not over.
  void enter() { ++users_; }
  void leave() { --users_; }
  [[nodiscard]] bool used() const { return users_ != 0; }

  // For the library.
  [[nodiscard]] const mbedtls_ssl_config& config() const { return config_; }
  // The same without certificates, for connections whose handshake is over. It lives as long as the program.
  static const mbedtls_ssl_config& established_config();

 private:
  // Gives the key of an identity to the handshake.
  static int use_psk(void* context, mbedtls_ssl_context* ssl, const unsigned char* identity, std::size_t size);
  static int check_names(void* context, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags);
  [[nodiscard]] LoadError load_certificate(std::string_view pem);
  [[nodiscard]] LoadError load_key(std::string_view pem);

  mbedtls_ssl_config config_{};
  mbedtls_x509_crt certificate_{};
  mbedtls_x509_crt client_ca_{};
  mbedtls_pk_context key_{};
  std::string_view allowed_names_;
  std::string_view psks_;
  SuiteList suites_{};
  std::array<const char*, 2> protocols_ = {"h2", nullptr};
  std::size_t users_ = 0;
  std::array<char, 48> expired_{};  // The text with the date.
};

}  // namespace mote::tls

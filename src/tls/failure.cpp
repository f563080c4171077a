#include "tls/failure.h"

#include "mbedtls/ssl.h"
#include "mbedtls/x509.h"

namespace mote::tls {
namespace {

std::string_view certificate_text(std::uint32_t flags) {
  if ((flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0) return "the client's certificate has expired";
  if ((flags & MBEDTLS_X509_BADCERT_FUTURE) != 0) return "the client's certificate is not valid yet: check both clocks";
  if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) return "the client's certificate is not signed by tls-client-ca";
  if ((flags & MBEDTLS_X509_BADCERT_OTHER) != 0) return "no name of the client's certificate is in tls-allow";
  return "the client's certificate is not acceptable";
}

}  // namespace

std::string_view failure_text(int error, std::uint32_t verify_flags) {
  switch (error) {
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
      return certificate_text(verify_flags);
    case MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE:
      return "the client sent no certificate";
    case MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL:
      return "the client does not offer h2 (ALPN)";
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
      return "no common version of TLS: see tls-min-version";
    case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE:
      return "no common cipher suite, curve or signature";
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
      return "the client does not speak TLS";
    case MBEDTLS_ERR_SSL_INVALID_MAC:
      return "a record was changed on its way, or the client sent an alert that cannot be read";
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
      return "the client refused with an alert";
    case 0:
    case MBEDTLS_ERR_SSL_CONN_EOF:
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
      return "the client closed the connection";
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
    case MBEDTLS_ERR_X509_ALLOC_FAILED:
      return "no memory for the handshake";
    case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
      return "the client sent a message that is not allowed here";
    case MBEDTLS_ERR_SSL_DECODE_ERROR:
    case MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER:
      return "the client sent a malformed message";
    default:
      return "the handshake failed";
  }
}

std::string_view psk_failure_text(int error, bool known) {
  // TLS 1.3 then sends the certificate, which such a client refuses in one way or another.
  if (!known) return "the client's identity is not in tls-psk-file";
  // TLS 1.2 cannot read the last message of a client with another key. TLS 1.3 compares the keys (RFC 8446 4.2.11.2).
  if (error == MBEDTLS_ERR_SSL_INVALID_MAC || error == MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE)
    return "the client's key is not the one in tls-psk-file";
  return {};
}

}  // namespace mote::tls

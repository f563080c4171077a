// Why a connection was refused, for the log.
#pragma once

#include <cstdint>
#include <string_view>

namespace mote::tls {

// A constant text for an error of mbedTLS (a negative number; 0 if there is none, because the socket is closed). `verify_flags` are
// those of the client's certificate (MBEDTLS_X509_BADCERT_*), for errors that mean that it was refused.
std::string_view failure_text(int error, std::uint32_t verify_flags);

// The same for a client that has named a pre-shared key, which is known or not. Empty if that is not the reason.
std::string_view psk_failure_text(int error, bool known);

}  // namespace mote::tls

#include "tls/suites.h"

#include <algorithm>
#include <span>

#include "mbedtls/ssl_ciphersuites.h"

namespace mote::tls {
namespace {

// TLS 1.3 clients of OpenSSL get the first of theirs that is in the list. Where AES has no instructions, ChaCha20 takes half of the
// processor's time, and AES-256 is left to clients that are told so by tls-suites.
#if defined(__x86_64__) || defined(__ARM_FEATURE_CRYPTO) || defined(__ARM_FEATURE_AES)
constexpr bool kFastAes = true;
#else
constexpr bool kFastAes = false;
#endif

constexpr Suite kAes128{"TLS_AES_128_GCM_SHA256", MBEDTLS_TLS1_3_AES_128_GCM_SHA256};
constexpr Suite kAes256{"TLS_AES_256_GCM_SHA384", MBEDTLS_TLS1_3_AES_256_GCM_SHA384};
constexpr Suite kChaCha20{"TLS_CHACHA20_POLY1305_SHA256", MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256};
constexpr Suite kEcdsaAes128{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                             MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256};
constexpr Suite kEcdsaAes256{"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                             MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384};
constexpr Suite kEcdsaChaCha20{"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
                               MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256};
// mbedTLS leaves them out if there are no pre-shared keys.
constexpr Suite kPskChaCha20{"TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256",
                             MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256};
constexpr Suite kPskAes128{"TLS_PSK_WITH_AES_128_GCM_SHA256", MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256};

constexpr std::array<Suite, kSuites> kAll =
    kFastAes ? std::array<Suite, kSuites>{kAes128,      kAes256,        kChaCha20,    kEcdsaAes128,
                                          kEcdsaAes256, kEcdsaChaCha20, kPskChaCha20, kPskAes128}
             : std::array<Suite, kSuites>{kChaCha20,    kAes128,    kEcdsaChaCha20, kEcdsaAes128,
                                          kPskChaCha20, kPskAes128, kAes256,        kEcdsaAes256};
constexpr std::size_t kDefault = kFastAes ? kSuites : kSuites - 2;

}  // namespace

const std::array<Suite, kSuites>& suites() {
  return kAll;
}

int suite_id(std::string_view name) {
  const auto* const found = std::ranges::find_if(kAll, [&](const Suite& suite) { return suite.name == name; });
  return found == kAll.end() ? 0 : found->id;
}

SuiteList suite_list(std::string_view names) {
  SuiteList list{};
  if (names.empty()) {
    std::transform(kAll.begin(), kAll.begin() + kDefault, list.begin(), [](const Suite& suite) { return suite.id; });
    return list;
  }
  std::size_t count = 0;
  while (!names.empty()) {
    const std::size_t end = std::min(names.find('\n'), names.size());
    const int id = suite_id(names.substr(0, end));
    const std::span<const int> known = std::span(list).first(count);
    if (std::ranges::find(known, id) == known.end()) list[count++] = id;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return list;
}

}  // namespace mote::tls

#include "tls/server_context.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "mbedtls/pem.h"
#include "tls/random.h"

namespace mote::tls {
namespace {

// In the order of preference for clients that leave the choice to the server. TLS 1.3 clients of OpenSSL get the first of
// theirs that is in the list: ChaCha20 where AES has no instructions, because it takes half of the processor's time.
#if defined(__x86_64__) || defined(__ARM_FEATURE_CRYPTO) || defined(__ARM_FEATURE_AES)
constexpr std::array kSuites = {MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
                                MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
                                MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
                                MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                                MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
                                0};
#else
constexpr std::array kSuites = {MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
                                MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
                                MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0};
#endif

constexpr std::array<std::uint16_t, 2> kCurves = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                                  MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
constexpr std::array<std::uint16_t, 3> kSignatures = {
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384, MBEDTLS_TLS1_3_SIG_NONE};
std::array<const char*, 2> protocols = {"h2", nullptr};

void set_defaults(mbedtls_ssl_config& config) {
  mbedtls_ssl_config_init(&config);
  mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  mbedtls_ssl_conf_rng(&config, fill_random, nullptr);
}

// The parsers of PEM need the terminating zero.
std::string_view with_zero(std::string& copy, std::string_view pem) {
  copy.assign(pem);
  return {copy.c_str(), copy.size() + 1};
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string parse_certificates(mbedtls_x509_crt& into, std::string_view pem, std::string_view setting) {
  std::string copy;
  const std::string_view text = with_zero(copy, pem);
  const int result = mbedtls_x509_crt_parse(&into, bytes_of(text), text.size());
  if (result == 0) return {};
  std::string error(setting);
  if (result > 0) return error + ": " + std::to_string(result) + " of its certificates cannot be read";
  if (result == MBEDTLS_ERR_X509_ALLOC_FAILED || result == MBEDTLS_ERR_PEM_ALLOC_FAILED)
    return error + ": not enough memory";
  return error +
         ": no certificate in PEM (\"-----BEGIN CERTIFICATE-----\") that can be read; keys must be ECDSA on P-256";
}

bool is_p256(const mbedtls_pk_context& key) {
  return mbedtls_pk_can_do(&key, MBEDTLS_PK_ECDSA) != 0 && mbedtls_pk_get_bitlen(&key) == 256;
}

// Seconds since 1970; the library's times have no zone.
std::time_t seconds_of(const mbedtls_x509_time& time) {
  std::tm fields{};
  fields.tm_year = time.year - 1900;
  fields.tm_mon = time.mon - 1;
  fields.tm_mday = time.day;
  fields.tm_hour = time.hour;
  fields.tm_min = time.min;
  fields.tm_sec = time.sec;
  return ::timegm(&fields);
}

std::string two_digits(int number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

bool name_matches(std::string_view pattern, std::string_view name) {
  if (!pattern.starts_with("*.")) return same_letters(pattern, name);
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && dot > 0 && same_letters(pattern.substr(1), name.substr(dot));
}

ServerContext::ServerContext() {
  set_defaults(config_);
  mbedtls_x509_crt_init(&certificate_);
  mbedtls_x509_crt_init(&client_ca_);
  mbedtls_pk_init(&key_);
}

ServerContext::~ServerContext() {
  mbedtls_ssl_config_free(&config_);
  mbedtls_x509_crt_free(&certificate_);
  mbedtls_x509_crt_free(&client_ca_);
  mbedtls_pk_free(&key_);
}

std::string ServerContext::load(const ServerSettings& settings) {
  std::string error = parse_certificates(certificate_, settings.certificate, "tls-certificate");
  if (!error.empty()) return error;
  if (!is_p256(certificate_.pk)) return "tls-certificate: the key of the certificate is not ECDSA on P-256";
  if (mbedtls_x509_time_is_past(&certificate_.valid_to) != 0) {
    const mbedtls_x509_time& end = certificate_.valid_to;
    return "tls-certificate: the certificate expired on " + std::to_string(end.year) + "-" + two_digits(end.mon) + "-" +
           two_digits(end.day);
  }
  std::string copy;
  const std::string_view key = with_zero(copy, settings.key);
  const int parsed = mbedtls_pk_parse_key(&key_, bytes_of(key), key.size(), nullptr, 0, fill_random, nullptr);
  std::fill(copy.begin(), copy.end(), '\0');
  if (parsed != 0) return "tls-key: no ECDSA key in PEM without a password that can be read";
  if (!is_p256(key_)) return "tls-key: the key is not ECDSA on P-256";
  if (mbedtls_pk_check_pair(&certificate_.pk, &key_, fill_random, nullptr) != 0) {
    return "tls-key: the key does not belong to tls-certificate";
  }
  if (mbedtls_ssl_conf_own_cert(&config_, &certificate_, &key_) != 0) return "tls-certificate: not enough memory";

  if (!settings.client_ca.empty()) {
    error = parse_certificates(client_ca_, settings.client_ca, "tls-client-ca");
    if (!error.empty()) return error;
    mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&config_, &client_ca_, nullptr);
    allowed_names_ = settings.allowed_names;
    mbedtls_ssl_conf_verify(&config_, check_names, this);
  }
  mbedtls_ssl_conf_min_tls_version(
      &config_, settings.min_version == Version::Tls13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2);
  mbedtls_ssl_conf_ciphersuites(&config_, kSuites.data());
  mbedtls_ssl_conf_groups(&config_, kCurves.data());
  mbedtls_ssl_conf_sig_algs(&config_, kSignatures.data());
  mbedtls_ssl_conf_preference_order(&config_, MBEDTLS_SSL_SRV_CIPHERSUITE_ORDER_SERVER);
  mbedtls_ssl_conf_alpn_protocols(&config_, protocols.data());
  return {};
}

int ServerContext::days_left() const {
  constexpr std::time_t kDay = std::time_t{24} * 60 * 60;
  return static_cast<int>((seconds_of(certificate_.valid_to) - std::time(nullptr)) / kDay);
}

std::uint64_t ServerContext::expires_at() const {
  return static_cast<std::uint64_t>(seconds_of(certificate_.valid_to));
}

const mbedtls_ssl_config& ServerContext::established_config() {
  static const mbedtls_ssl_config kConfig = [] {
    mbedtls_ssl_config config;
    set_defaults(config);
    return config;
  }();
  return kConfig;
}

int ServerContext::check_names(void* context, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags) {
  const auto& self = *static_cast<const ServerContext*>(context);
  if (depth == 0 && !self.allowed_names_.empty() && !self.allows(*certificate)) *flags |= MBEDTLS_X509_BADCERT_OTHER;
  return 0;
}

bool ServerContext::allows(const mbedtls_x509_crt& certificate) const {
  for (const mbedtls_x509_sequence* entry = &certificate.subject_alt_names; entry != nullptr; entry = entry->next) {
    mbedtls_x509_subject_alternative_name name{};
    if (mbedtls_x509_parse_subject_alt_name(&entry->buf, &name) != 0) continue;
    const bool allowed = name.type == MBEDTLS_X509_SAN_DNS_NAME &&
                         std::any_of(allowed_names_.begin(), allowed_names_.end(), [&](const std::string& pattern) {
                           const auto& text = name.san.unstructured_name;
                           return name_matches(pattern, {reinterpret_cast<const char*>(text.p), text.len});
                         });
    mbedtls_x509_free_subject_alt_name(&name);
    if (allowed) return true;
  }
  return false;
}

}  // namespace mote::tls

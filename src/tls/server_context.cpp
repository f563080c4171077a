#include "tls/server_context.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <span>

#include "mbedtls/platform.h"
#include "mbedtls/platform_util.h"
#include "tls/names.h"
#include "tls/pem.h"
#include "tls/pre_shared_keys.h"
#include "tls/random.h"
#include "tls/session.h"

namespace mote::tls {
namespace {

constexpr std::array<std::uint16_t, 2> kCurves = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                                  MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
constexpr std::array<std::uint16_t, 3> kSignatures = {
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384, MBEDTLS_TLS1_3_SIG_NONE};
constexpr std::string_view kExpired = "the certificate expired on YYYY-MM-DD";
constexpr std::size_t kDateSize = 10;
constexpr std::string_view kNoMemory = "not enough memory";

void set_defaults(mbedtls_ssl_config& config) {
  mbedtls_ssl_config_init(&config);
  mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  mbedtls_ssl_conf_rng(&config, fill_random, nullptr);
}

// Gives the content of a block to `parse`, in memory of the library. MBEDTLS_ERR_X509_ALLOC_FAILED: there is none.
template <typename Parse>
int parse_block(const PemBlock& block, Parse parse) {
  const std::size_t room = most_pem_bytes(block);
  auto* memory = static_cast<std::uint8_t*>(mbedtls_calloc(1, std::max<std::size_t>(room, 1)));
  if (memory == nullptr) return MBEDTLS_ERR_X509_ALLOC_FAILED;
  const MutableBytes bytes(memory, room);
  const int result = parse(bytes.first(pem_decode(block, bytes)));
  mbedtls_platform_zeroize(memory, room);
  mbedtls_free(memory);
  return result;
}

LoadError parse_certificates(mbedtls_x509_crt& into, std::string_view pem, std::string_view setting) {
  bool some = false;
  bool all = true;
  for (PemBlock block = take_pem_block(pem); !block.label.empty(); block = take_pem_block(pem)) {
    if (block.label != "CERTIFICATE") continue;
    const int result =
        parse_block(block, [&](Bytes der) { return mbedtls_x509_crt_parse_der(&into, der.data(), der.size()); });
    if (result == MBEDTLS_ERR_X509_ALLOC_FAILED) return {setting, kNoMemory};
    (result == 0 ? some : all) = result == 0;
  }
  if (!some)
    return {setting,
            "no certificate in PEM (\"-----BEGIN CERTIFICATE-----\") that can be read; keys must be ECDSA on P-256"};
  if (!all) return {setting, "some of its certificates cannot be read"};
  return {};
}

// Of the first block with a key.
int parse_key(mbedtls_pk_context& into, std::string_view pem) {
  for (PemBlock block = take_pem_block(pem); !block.label.empty(); block = take_pem_block(pem)) {
    if (block.label != "EC PRIVATE KEY" && block.label != "PRIVATE KEY") continue;
    return parse_block(block, [&](Bytes der) {
      return mbedtls_pk_parse_key(&into, der.data(), der.size(), nullptr, 0, fill_random, nullptr);
    });
  }
  return MBEDTLS_ERR_PK_KEY_INVALID_FORMAT;
}

bool is_p256(const mbedtls_pk_context& key) {
  return mbedtls_pk_can_do(&key, MBEDTLS_PK_ECDSA) != 0 && mbedtls_pk_get_bitlen(&key) == 256;
}

// Fills `to` with the last digits of a number. snprintf() would be 14 KB of a static program.
void put_decimal(std::span<char> to, unsigned number) {
  for (std::size_t i = to.size(); i-- > 0; number /= 10)
    to[i] = static_cast<char>('0' + number % 10);
}

// Days since 1970; the library's times have no zone. Without the functions of the C library, which may read files.
std::int64_t day_of(const mbedtls_x509_time& time) {
  const std::chrono::year_month_day date(std::chrono::year(time.year),
                                         std::chrono::month(static_cast<unsigned>(time.mon)),
                                         std::chrono::day(static_cast<unsigned>(time.day)));
  return std::chrono::sys_days(date).time_since_epoch().count();
}

// Seconds since 1970.
std::int64_t seconds_of(const mbedtls_x509_time& time) {
  return ((day_of(time) * 24 + time.hour) * 60 + time.min) * 60 + time.sec;
}

}  // namespace

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

LoadError ServerContext::load_certificate(std::string_view pem) {
  constexpr std::string_view kSetting = "tls-certificate";
  const LoadError error = parse_certificates(certificate_, pem, kSetting);
  if (!error.text.empty()) return error;
  if (!is_p256(certificate_.pk)) return {kSetting, "the key of the certificate is not ECDSA on P-256"};
  if (mbedtls_x509_time_is_past(&certificate_.valid_to) == 0) return {};
  const mbedtls_x509_time& end = certificate_.valid_to;
  static_assert(kExpired.size() <= std::tuple_size_v<decltype(expired_)>);
  std::copy(kExpired.begin(), kExpired.end(), expired_.begin());
  const auto date = std::span(expired_).subspan<kExpired.size() - kDateSize, kDateSize>();
  put_decimal(date.subspan<0, 4>(), static_cast<unsigned>(end.year));
  put_decimal(date.subspan<5, 2>(), static_cast<unsigned>(end.mon));
  put_decimal(date.subspan<8, 2>(), static_cast<unsigned>(end.day));
  return {kSetting, {expired_.data(), kExpired.size()}};
}

LoadError ServerContext::load_key(std::string_view pem) {
  constexpr std::string_view kSetting = "tls-key";
  const int parsed = parse_key(key_, pem);
  if (parsed == MBEDTLS_ERR_PK_ALLOC_FAILED || parsed == MBEDTLS_ERR_X509_ALLOC_FAILED) return {kSetting, kNoMemory};
  if (parsed != 0) return {kSetting, "no ECDSA key in PEM without a password that can be read"};
  if (!is_p256(key_)) return {kSetting, "the key is not ECDSA on P-256"};
  if (mbedtls_pk_check_pair(&certificate_.pk, &key_, fill_random, nullptr) != 0)
    return {kSetting, "the key does not belong to tls-certificate"};
  return {};
}

LoadError ServerContext::load(const ServerSettings& settings) {
  LoadError error = load_certificate(settings.certificate);
  if (error.text.empty()) error = load_key(settings.key);
  if (!error.text.empty()) return error;
  if (mbedtls_ssl_conf_own_cert(&config_, &certificate_, &key_) != 0) return {"tls-certificate", kNoMemory};

  if (!settings.client_ca.empty()) {
    error = parse_certificates(client_ca_, settings.client_ca, "tls-client-ca");
    if (!error.text.empty()) return error;
    mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&config_, &client_ca_, nullptr);
    allowed_names_ = settings.allowed_names;
    mbedtls_ssl_conf_verify(&config_, check_names, this);
  }
  psks_ = settings.psks;
  if (!psks_.empty()) mbedtls_ssl_conf_psk_cb(&config_, use_psk, this);
  if (settings.tickets != nullptr && settings.client_ca.empty() && psks_.empty())
    mbedtls_ssl_conf_session_tickets_cb(&config_, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse,
                                        settings.tickets->context());
  mbedtls_ssl_conf_min_tls_version(
      &config_, settings.min_version == Version::Tls13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2);
  suites_ = suite_list(settings.suites);
  mbedtls_ssl_conf_ciphersuites(&config_, suites_.data());
  mbedtls_ssl_conf_groups(&config_, kCurves.data());
  mbedtls_ssl_conf_sig_algs(&config_, kSignatures.data());
  mbedtls_ssl_conf_preference_order(&config_, MBEDTLS_SSL_SRV_CIPHERSUITE_ORDER_SERVER);
  mbedtls_ssl_conf_alpn_protocols(&config_, protocols_.data());
  return {};
}

int ServerContext::days_left() const {
  constexpr std::int64_t kDay = std::int64_t{24} * 60 * 60;
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

int ServerContext::use_psk(void* context, mbedtls_ssl_context* ssl, const unsigned char* identity, std::size_t size) {
  const std::string_view name(reinterpret_cast<const char*>(identity), size);
  const std::string_view digits = find_psk(static_cast<const ServerContext*>(context)->psks_, name);
  auto& session = *static_cast<Session*>(mbedtls_ssl_get_user_data_p(ssl));
  if (!session.take_identity(digits.empty() ? std::string_view() : name)) return MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY;
  PskBuffer buffer{};
  const Bytes key = psk_bytes(digits, buffer);
  const int result = mbedtls_ssl_set_hs_psk(ssl, key.data(), key.size());
  mbedtls_platform_zeroize(buffer.data(), buffer.size());
  return result;
}

int ServerContext::check_names(void* context, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags) {
  const auto& self = *static_cast<const ServerContext*>(context);
  if (depth == 0 && !self.allowed_names_.empty() && self.name_of(*certificate).empty())
    *flags |= MBEDTLS_X509_BADCERT_OTHER;
  return 0;
}

std::string_view ServerContext::name_of(const mbedtls_x509_crt& certificate) const {
  for (const mbedtls_x509_sequence* entry = &certificate.subject_alt_names; entry != nullptr; entry = entry->next) {
    if (entry->buf.tag != (MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_DNS_NAME)) continue;
    const std::string_view text(reinterpret_cast<const char*>(entry->buf.p), entry->buf.len);  // In the certificate.
    if (is_name(text) && (allowed_names_.empty() || name_listed(allowed_names_, text))) return text;
  }
  return {};
}

}  // namespace mote::tls

// The hook of MBEDTLS_PLATFORM_GMTIME_R_ALT: what certificates are compared with.
extern "C" std::tm* mbedtls_platform_gmtime_r(const mbedtls_time_t* tt, std::tm* tm_buf) {
  const std::chrono::sys_seconds now{std::chrono::seconds(*tt)};
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(now - day);
  *tm_buf = {};
  tm_buf->tm_year = static_cast<int>(date.year()) - 1900;
  tm_buf->tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  tm_buf->tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
  tm_buf->tm_hour = static_cast<int>(clock.hours().count());
  tm_buf->tm_min = static_cast<int>(clock.minutes().count());
  tm_buf->tm_sec = static_cast<int>(clock.seconds().count());
  return tm_buf;
}

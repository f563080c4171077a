#include "tls_layer.h"

#include <cstring>
#include <iterator>

#include "mbedtls/build_info.h"
#include "mbedtls/ssl_ciphersuites.h"

// mbedTLS has no function for the step of a handshake and for a received alert.
#if MBEDTLS_VERSION_NUMBER < 0x03060600 || MBEDTLS_VERSION_NUMBER >= 0x03070000
#error "The private members used here were checked in mbedTLS 3.6.6: check them in this version"
#endif
#if !defined(MOTE_TLS_CERTIFICATES) && !defined(MOTE_TLS_PSK)
#error "Define MOTE_TLS_CERTIFICATES, MOTE_TLS_PSK or both"
#endif

namespace mote::tls_port {
namespace {

struct InUse {
  Pool* pool = nullptr;
  mbedtls_ctr_drbg_context* random = nullptr;
};
// The functions of mbedTLS for memory have no context.
constinit InUse in_use;

// mbedTLS does not change it; its interface is not const.
constexpr char kH2[] = "h2";
const char* protocols[] = {static_cast<const char*>(kH2), nullptr};

// In one read(), such as tickets.
constexpr unsigned kMostRecordsWithoutData = 32;

#ifdef MOTE_TLS_PSK
constexpr int kPskSuites[] = {
#ifdef MBEDTLS_SSL_PROTO_TLS1_3
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
#endif
    MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256, 0};
constexpr std::size_t kLeastPskBytes = 16;
#endif

#ifdef MOTE_TLS_CERTIFICATES
constexpr int kCertificateSuites[] = {
#ifdef MBEDTLS_SSL_PROTO_TLS1_3
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
#endif
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
#ifndef MOTE_SMALL
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
#endif
    0};

mote_tls_result result_of_flags(std::uint32_t flags) {
  if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) return MOTE_TLS_UNTRUSTED;
  if ((flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0) return MOTE_TLS_EXPIRED;
  if ((flags & MBEDTLS_X509_BADCERT_FUTURE) != 0) return MOTE_TLS_NOT_VALID_YET;
  if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0) return MOTE_TLS_WRONG_NAME;
  return MOTE_TLS_WEAK_CERTIFICATE;
}

// A certificate in DER stays where it is, for example in flash.
bool parse(mbedtls_x509_crt& chain, const mote_tls_bytes& bytes) {
  if (bytes.size == 0) return false;
#ifdef MBEDTLS_PEM_PARSE_C
  return mbedtls_x509_crt_parse(&chain, bytes.data, bytes.size) == 0;
#else
  return mbedtls_x509_crt_parse_der_nocopy(&chain, bytes.data, bytes.size) == 0;
#endif
}
#endif

}  // namespace

class TlsLayer::Use {
 public:
  explicit Use(TlsLayer& layer) : before_(in_use) { in_use = {.pool = &layer.pool_, .random = &layer.random_}; }
  ~Use() { in_use = before_; }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  InUse before_;
};

// --- Start ---

TlsLayer::TlsLayer(const mote_port& below, const mote_tls_options& options, MutableBytes pool_memory)
    : below_(below), options_(options) {
  pool_.take(pool_memory);
  mbedtls_ctr_drbg_init(&random_);
  mbedtls_ssl_config_init(&config_);
  mbedtls_ssl_init(&ssl_);
#ifdef MOTE_TLS_CERTIFICATES
  mbedtls_x509_crt_init(&ca_);
  mbedtls_x509_crt_init(&certificate_);
  mbedtls_pk_init(&key_);
#endif
#ifdef MBEDTLS_SSL_SESSION_TICKETS
  mbedtls_ssl_session_init(&kept_);
#endif
}

TlsLayer::~TlsLayer() {
  const Use use(*this);
#ifdef MBEDTLS_SSL_SESSION_TICKETS
  mbedtls_ssl_session_free(&kept_);
#endif
  mbedtls_ssl_free(&ssl_);
#ifdef MOTE_TLS_CERTIFICATES
  mbedtls_pk_free(&key_);
  mbedtls_x509_crt_free(&certificate_);
  mbedtls_x509_crt_free(&ca_);
#endif
  mbedtls_ssl_config_free(&config_);
  mbedtls_ctr_drbg_free(&random_);
}

mote_tls_result TlsLayer::start() {
  const Use use(*this);
  if (below_.entropy == nullptr) return MOTE_TLS_NO_ENTROPY;
  // Calls fill_entropy(). The generator makes the random numbers from it, as NIST SP 800-90A describes.
  if (mbedtls_ctr_drbg_seed(&random_, fill_entropy, this, nullptr, 0) != 0) return MOTE_TLS_ENTROPY_FAILED;
#ifdef MBEDTLS_PSA_CRYPTO_CLIENT
  if (psa_crypto_init() != PSA_SUCCESS) return MOTE_TLS_NO_MEMORY;
#endif
  if (mbedtls_ssl_config_defaults(&config_, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                  MBEDTLS_SSL_PRESET_DEFAULT) != 0)
    return MOTE_TLS_NO_MEMORY;
  mbedtls_ssl_conf_rng(&config_, mbedtls_ctr_drbg_random, &random_);
  mbedtls_ssl_conf_alpn_protocols(&config_, protocols);
#ifdef MOTE_SMALL
  mbedtls_ssl_conf_max_frag_len(
      &config_, MBEDTLS_SSL_IN_CONTENT_LEN >= 1024 ? MBEDTLS_SSL_MAX_FRAG_LEN_1024 : MBEDTLS_SSL_MAX_FRAG_LEN_512);
#endif
#if defined(MBEDTLS_SSL_SESSION_TICKETS) && defined(MBEDTLS_SSL_PROTO_TLS1_3)
  mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(&config_,
                                                           MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
  const mote_tls_result result = use_credentials();
  if (result != MOTE_TLS_OK) return result;
  if (mbedtls_ssl_setup(&ssl_, &config_) != 0) return MOTE_TLS_NO_MEMORY;
  mbedtls_ssl_set_bio(&ssl_, this, send, receive, nullptr);
#ifdef MOTE_TLS_CERTIFICATES
  // Compared with the certificate and sent to the server (SNI).
  if (options_.psk_identity == nullptr) {
    const int error = mbedtls_ssl_set_hostname(&ssl_, options_.server_name);
    if (error != 0) return error == MBEDTLS_ERR_SSL_ALLOC_FAILED ? MOTE_TLS_NO_MEMORY : MOTE_TLS_BAD_SERVER_NAME;
  }
#endif
  return MOTE_TLS_OK;
}

mote_tls_result TlsLayer::use_credentials() {
  const bool psk = options_.psk_identity != nullptr;
  if (psk != (options_.psk.size != 0)) return MOTE_TLS_BAD_PSK;
  const bool certificates = options_.ca.size != 0 || options_.certificate.size != 0 || options_.key.size != 0;
  if (psk && certificates) return MOTE_TLS_UNSUPPORTED;
  return psk ? use_psk() : use_certificates();
}

mote_tls_result TlsLayer::use_psk() {
#ifdef MOTE_TLS_PSK
#ifdef MBEDTLS_SSL_PROTO_TLS1_3
  // With an exchange of keys, so that it is forward-secret.
  mbedtls_ssl_conf_tls13_key_exchange_modes(&config_, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
#endif
  mbedtls_ssl_conf_ciphersuites(&config_, kPskSuites);
  if (options_.psk.size < kLeastPskBytes) return MOTE_TLS_BAD_PSK;
  const auto* identity = reinterpret_cast<const unsigned char*>(options_.psk_identity);
  const int error = mbedtls_ssl_conf_psk(&config_, options_.psk.data, options_.psk.size, identity,
                                         std::strlen(options_.psk_identity));
  if (error == MBEDTLS_ERR_SSL_ALLOC_FAILED) return MOTE_TLS_NO_MEMORY;
  return error == 0 ? MOTE_TLS_OK : MOTE_TLS_BAD_PSK;
#else
  return MOTE_TLS_UNSUPPORTED;
#endif
}

mote_tls_result TlsLayer::use_certificates() {
#ifdef MOTE_TLS_CERTIFICATES
  mbedtls_ssl_conf_ciphersuites(&config_, kCertificateSuites);
  if (options_.server_name == nullptr || *options_.server_name == '\0') return MOTE_TLS_BAD_SERVER_NAME;
  if (!parse(ca_, options_.ca)) return MOTE_TLS_BAD_CA;
  mbedtls_ssl_conf_ca_chain(&config_, &ca_, nullptr);
  if (options_.certificate.size == 0 && options_.key.size == 0) return MOTE_TLS_OK;
  if (!parse(certificate_, options_.certificate)) return MOTE_TLS_BAD_CERTIFICATE;
  if (mbedtls_pk_parse_key(&key_, options_.key.data, options_.key.size, nullptr, 0, mbedtls_ctr_drbg_random,
                           &random_) != 0 ||
      mbedtls_pk_check_pair(&certificate_.pk, &key_, mbedtls_ctr_drbg_random, &random_) != 0)
    return MOTE_TLS_BAD_KEY;
  return mbedtls_ssl_conf_own_cert(&config_, &certificate_, &key_) == 0 ? MOTE_TLS_OK : MOTE_TLS_NO_MEMORY;
#else
  return MOTE_TLS_UNSUPPORTED;
#endif
}

// --- Connect and disconnect ---

bool TlsLayer::connect(std::uint32_t deadline_ms) {
  const Use use(*this);
  disconnect();
  result_ = MOTE_TLS_OK;
  alert_ = 0;
  if (mbedtls_ctr_drbg_reseed(&random_, nullptr, 0) != 0) return fail(MOTE_TLS_ENTROPY_FAILED);
  if (mbedtls_ssl_session_reset(&ssl_) != 0) return fail(MOTE_TLS_NO_MEMORY);
#ifdef MBEDTLS_SSL_SESSION_TICKETS
  // Without them the handshake is a full one.
  if (has_kept_) static_cast<void>(mbedtls_ssl_set_session(&ssl_, &kept_));
#endif
  if (!below_.connect(below_.context, deadline_ms)) return fail(MOTE_TLS_NO_CONNECTION);
  open_ = true;
  begin(deadline_ms);
  shaking_ = true;
  const bool done = handshake();
  shaking_ = false;
  return done;
}

bool TlsLayer::handshake() {
  const std::uint32_t begun_ms = below_.now_ms(below_.context);
  // A handshake of TLS 1.3 with a pre-shared key has no certificate either.
  bool resumed = options_.psk_identity == nullptr;
  while (mbedtls_ssl_is_handshake_over(&ssl_) == 0) {
    if (ssl_.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_CERTIFICATE) resumed = false;
    const int error = mbedtls_ssl_handshake_step(&ssl_);
    if (error == MBEDTLS_ERR_SSL_WANT_READ && starved_) return fail(MOTE_TLS_TIMEOUT);
    if (error != 0 && error != MBEDTLS_ERR_SSL_WANT_READ) {
#ifdef MBEDTLS_SSL_SESSION_TICKETS
      has_kept_ = false;
#endif
      return fail_with(error);
    }
  }
  // A pre-shared key belongs to one service, and programs that terminate TLS for a server often have no ALPN.
  if (options_.psk_identity == nullptr && mbedtls_ssl_get_alpn_protocol(&ssl_) == nullptr) return fail(MOTE_TLS_NO_H2);
  session_ = {.version = mbedtls_ssl_get_version(&ssl_),
              .suite = mbedtls_ssl_get_ciphersuite(&ssl_),
              .handshake_ms = below_.now_ms(below_.context) - begun_ms,
              .resumed = resumed};
  keep_session();
  return true;
}

// Of TLS 1.2: the ticket of TLS 1.3 follows later.
void TlsLayer::keep_session() {
#ifdef MBEDTLS_SSL_SESSION_TICKETS
  mbedtls_ssl_session_free(&kept_);
  mbedtls_ssl_session_init(&kept_);
  has_kept_ = mbedtls_ssl_get_session(&ssl_, &kept_) == 0;
#endif
}

void TlsLayer::disconnect() {
  const Use use(*this);
  // Without waiting: the peer may be gone.
  begin(below_.now_ms(below_.context));
  if (open_ && result_ == MOTE_TLS_OK) mbedtls_ssl_close_notify(&ssl_);
  open_ = false;
  below_.disconnect(below_.context);
}

// --- Bytes ---

bool TlsLayer::write(Bytes bytes, std::uint32_t deadline_ms) {
  const Use use(*this);
  begin(deadline_ms);
  while (open_ && !bytes.empty()) {
    const int written = mbedtls_ssl_write(&ssl_, bytes.data(), bytes.size());
    if (written < 0) return fail_with(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return open_;
}

int TlsLayer::read(MutableBytes into, std::uint32_t deadline_ms) {
  const Use use(*this);
  begin(deadline_ms);
  for (unsigned records = 0; open_ && records < kMostRecordsWithoutData; ++records) {
    const int got = mbedtls_ssl_read(&ssl_, into.data(), into.size());
    if (got > 0) return got;
    // A part of a record may have arrived; mbedTLS keeps it.
    if (got == MBEDTLS_ERR_SSL_WANT_READ && starved_) return 0;
    if (got == MBEDTLS_ERR_SSL_WANT_READ) continue;
#if defined(MBEDTLS_SSL_SESSION_TICKETS) && defined(MBEDTLS_SSL_PROTO_TLS1_3)
    if (got == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
      keep_session();
      continue;
    }
#endif
    fail_with(got == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : got);
  }
  if (open_) fail(MOTE_TLS_FAILED);
  return MOTE_PORT_CLOSED;
}

void TlsLayer::begin(std::uint32_t deadline_ms) {
  deadline_ms_ = deadline_ms;
  starved_ = false;
}

int TlsLayer::send(void* layer, const unsigned char* bytes, std::size_t size) {
  const auto& self = *static_cast<TlsLayer*>(layer);
  const bool sent = self.below_.write(self.below_.context, bytes, size, self.deadline_ms_);
  return sent ? static_cast<int>(size) : MBEDTLS_ERR_SSL_CONN_EOF;
}

int TlsLayer::receive(void* layer, unsigned char* into, std::size_t room) {
  auto& self = *static_cast<TlsLayer*>(layer);
  // Otherwise a server that keeps sending would delay the end of the handshake.
  const bool late = self.shaking_ && mote_left_ms(self.below_.now_ms(self.below_.context), self.deadline_ms_) <= 0;
  const int got = late ? 0 : self.below_.read(self.below_.context, into, room, self.deadline_ms_);
  if (got == MOTE_PORT_CLOSED) return MBEDTLS_ERR_SSL_CONN_EOF;
  self.starved_ = got == 0;
  return self.starved_ ? MBEDTLS_ERR_SSL_WANT_READ : got;
}

int TlsLayer::fill_entropy(void* layer, unsigned char* into, std::size_t size) {
  const mote_port& below = static_cast<TlsLayer*>(layer)->below_;
  return below.entropy(below.context, into, size) ? 0 : MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
}

// --- Errors ---

bool TlsLayer::fail(mote_tls_result result) {
  result_ = result;
  open_ = false;
  return false;
}

bool TlsLayer::fail_with(int error) {
  if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) alert_ = *std::next(ssl_.MBEDTLS_PRIVATE(in_msg));
  return fail(result_of(error));
}

mote_tls_result TlsLayer::result_of(int error) const {
  switch (error) {
#ifdef MOTE_TLS_CERTIFICATES
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
      return result_of_flags(mbedtls_ssl_get_verify_result(&ssl_));
    case MBEDTLS_ERR_SSL_BAD_CERTIFICATE:
      return MOTE_TLS_WEAK_CERTIFICATE;
#endif
    case MBEDTLS_ERR_SSL_CONN_EOF:
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
      return MOTE_TLS_CLOSED;
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
      return MOTE_TLS_ALERT;
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
      return MOTE_TLS_NO_MEMORY;
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
    case MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL:
      return MOTE_TLS_NOT_TLS;
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
    case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE:
      return MOTE_TLS_NOTHING_IN_COMMON;
    case MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED:
      return MOTE_TLS_ENTROPY_FAILED;
    default:
      return MOTE_TLS_FAILED;
  }
}

}  // namespace mote::tls_port

extern "C" {

// The memory functions of mbedTLS (mote_device_mbedtls_config.h).
void* mote_tls_calloc(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  return mote::tls_port::in_use.pool->allocate(bytes);
}

void mote_tls_free(void* memory) {
  if (memory != nullptr) mote::tls_port::in_use.pool->release(memory);
}

#ifdef MBEDTLS_PSA_CRYPTO_CLIENT
// Of psa_functions.c, which asks for a few bytes, less than the generator makes at once.
psa_status_t psa_generate_random(std::uint8_t* output, std::size_t output_size) {
  return mbedtls_ctr_drbg_random(mote::tls_port::in_use.random, output, output_size) == 0
             ? PSA_SUCCESS
             : PSA_ERROR_INSUFFICIENT_ENTROPY;
}
#endif
}

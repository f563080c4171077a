// RAND_set_rand_method() is deprecated since OpenSSL 3.0.
#define OPENSSL_API_COMPAT 0x10101000L

#include "fuzz/tls_peer.h"

#include <openssl/err.h>
#include <openssl/rand.h>

#include <array>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "fuzz/check.h"
#include "psa/crypto.h"
#include "tls/random.h"

namespace mote {
namespace {

std::minstd_rand numbers;

void fill(std::span<unsigned char> bytes) {
  for (unsigned char& byte : bytes)
    byte = static_cast<unsigned char>(numbers() >> 8U);
}

int fill_for_openssl(unsigned char* bytes, int size) {
  fill({bytes, static_cast<std::size_t>(size)});
  return 1;
}

std::string file(const char* name) {
  std::ifstream in(std::string(MOTE_FUZZ_CERTIFICATES "/") + name);
  std::string text(std::istreambuf_iterator<char>(in), {});
  fuzz::check(!text.empty());
  return text;
}

SSL_CTX* client_context(bool mutual) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_security_level(context, 0);
  fuzz::check(SSL_CTX_load_verify_locations(context, MOTE_FUZZ_CERTIFICATES "/ca.pem", nullptr) == 1);
  if (mutual) {
    fuzz::check(SSL_CTX_use_certificate_file(context, MOTE_FUZZ_CERTIFICATES "/device.pem", SSL_FILETYPE_PEM) == 1);
    fuzz::check(SSL_CTX_use_PrivateKey_file(context, MOTE_FUZZ_CERTIFICATES "/device.key", SSL_FILETYPE_PEM) == 1);
  }
  const std::array<unsigned char, 3> h2 = {2, 'h', '2'};
  fuzz::check(SSL_CTX_set_alpn_protos(context, h2.data(), h2.size()) == 0);
  return context;
}

}  // namespace

// In place of src/tls/random.cpp.
namespace tls {

int fill_random(void* /*context*/, unsigned char* output, std::size_t size) {
  fill({output, size});
  return 0;
}

}  // namespace tls

namespace fuzz {

void start_tls() {
  static const RAND_METHOD kMethod{nullptr, fill_for_openssl, nullptr, nullptr, fill_for_openssl, nullptr};
  check(RAND_set_rand_method(&kMethod) == 1);
  check(psa_crypto_init() == PSA_SUCCESS);
  (void)server_context(false);
  (void)server_context(true);
}

void restart_random() {
  numbers.seed(1);
}

tls::ServerContext& server_context(bool mutual) {
  struct Loaded {
    explicit Loaded(bool mutual) {
      const std::string certificate = file("gateway.pem");
      const std::string key = file("gateway.key");
      const std::string authority = mutual ? file("ca.pem") : std::string();
      check(context.load({.certificate = certificate, .key = key, .client_ca = authority}).text.empty());
    }
    tls::ServerContext context;
  };
  static Loaded open(false);
  static Loaded closed(true);
  return mutual ? closed.context : open.context;
}

TlsPeer::TlsPeer(const Options& options) : in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
  static const std::array contexts = {client_context(false), client_context(true)};
  ssl_ = SSL_new(contexts[options.mutual ? 1 : 0]);
  const int version = options.newest ? TLS1_3_VERSION : TLS1_2_VERSION;
  SSL_set_min_proto_version(ssl_, version);
  SSL_set_max_proto_version(ssl_, version);
  if (options.chacha) {
    SSL_set_cipher_list(ssl_, "ECDHE-ECDSA-CHACHA20-POLY1305");
    SSL_set_ciphersuites(ssl_, "TLS_CHACHA20_POLY1305_SHA256");
  }
  SSL_set_bio(ssl_, in_, out_);
  SSL_set_connect_state(ssl_);
}

TlsPeer::~TlsPeer() {
  SSL_free(ssl_);
  ERR_clear_error();
}

void TlsPeer::note(int result) {
  const int error = SSL_get_error(ssl_, result);
  if (error == SSL_ERROR_SSL || error == SSL_ERROR_SYSCALL) failed_ = true;
  ERR_clear_error();
}

void TlsPeer::flush(Pipe& to_server) {
  std::array<std::uint8_t, 4096> bytes{};
  for (int size = 0; (size = BIO_read(out_, bytes.data(), bytes.size())) > 0;)
    to_server.insert(to_server.end(), bytes.begin(), bytes.begin() + size);
}

void TlsPeer::turn(Bytes from_server, Pipe& to_server) {
  if (!from_server.empty()) BIO_write(in_, from_server.data(), static_cast<int>(from_server.size()));
  std::array<std::uint8_t, 4096> bytes{};
  int size = 0;
  while (!failed_ && (size = SSL_read(ssl_, bytes.data(), bytes.size())) > 0)
    read.insert(read.end(), bytes.begin(), bytes.begin() + size);
  if (!failed_) note(size);
  flush(to_server);
}

bool TlsPeer::write(Bytes text, Pipe& to_server) {
  if (!open() || text.empty() || (SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN) != 0) return false;
  const int written = SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
  if (written <= 0) note(written);
  flush(to_server);
  return written > 0;
}

void TlsPeer::close(Pipe& to_server) {
  if (open()) SSL_shutdown(ssl_);
  flush(to_server);
}

void TlsPeer::ask_for_new_keys(Pipe& to_server) {
  if (!open() || (SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN) != 0) return;
  if (SSL_version(ssl_) == TLS1_3_VERSION) {
    SSL_key_update(ssl_, SSL_KEY_UPDATE_NOT_REQUESTED);
  } else {
    SSL_renegotiate(ssl_);
  }
  note(SSL_do_handshake(ssl_));
  flush(to_server);
}

}  // namespace fuzz

}  // namespace mote

// As in src/tls/random.cpp.
extern "C" psa_status_t psa_generate_random(std::uint8_t* output, std::size_t output_size) {
  mote::tls::fill_random(nullptr, output, output_size);
  return PSA_SUCCESS;
}

// NOLINTNEXTLINE(readability-identifier-naming): AddressSanitizer looks for this name.
extern "C" const char* __asan_default_options() {
  return "malloc_context_size=0:quarantine_size_mb=8";
}

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  mote::fuzz::start_tls();
  return 0;
}

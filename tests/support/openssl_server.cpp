#include "support/openssl_server.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "support/cmocka_test.h"

namespace mote::test {
namespace {

std::string path_of(const std::string& name) {
  const char* folder = std::getenv("MOTE_TEST_CERTIFICATES");
  assert_non_null(folder);
  return std::string(folder) + "/" + name;
}

X509* read_certificate(const std::string& name) {
  const std::string text = tls_file(name);
  BIO* bio = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  assert_non_null(certificate);
  return certificate;
}

EVP_PKEY* read_key(const std::string& name) {
  const std::string text = tls_file(name);
  BIO* bio = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  assert_non_null(key);
  return key;
}

// A certificate of ca.pem for the key of the gateway.
X509* make_certificate(const ServerOptions& options) {
  X509* authority = read_certificate("ca.pem");
  EVP_PKEY* authority_key = read_key("ca.key");
  EVP_PKEY* key = read_key("gateway.key");
  X509* made = X509_new();
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 7);
  X509_gmtime_adj(X509_getm_notBefore(made), options.first_day * 86400 - (options.first_day <= 0 ? 60 : 0));
  X509_gmtime_adj(X509_getm_notAfter(made), options.last_day * 86400);
  X509_set_issuer_name(made, X509_get_subject_name(authority));
  X509_set_pubkey(made, key);
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, options.names.c_str());
  assert_non_null(names);
  X509_add_ext(made, names, -1);
  assert_int_not_equal(X509_sign(made, authority_key, EVP_sha256()), 0);
  X509_EXTENSION_free(names);
  X509_free(authority);
  EVP_PKEY_free(authority_key);
  EVP_PKEY_free(key);
  return made;
}

int select_h2(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
              unsigned in_size, void* /*context*/) {
  // OpenSSL returns a part of it, so it must outlive this call.
  static constexpr unsigned char kH2[] = {2, 'h', '2'};
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, out_size, kH2, sizeof(kH2), in, in_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::string tls_file(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(path_of(name)).rdbuf();
  assert_false(text.str().empty());
  return text.str();
}

std::vector<std::uint8_t> tls_der(const std::string& name) {
  unsigned char* bytes = nullptr;
  int size = 0;
  if (name.ends_with(".key")) {
    EVP_PKEY* key = read_key(name);
    size = i2d_PrivateKey(key, &bytes);
    EVP_PKEY_free(key);
  } else {
    X509* certificate = read_certificate(name);
    size = i2d_X509(certificate, &bytes);
    X509_free(certificate);
  }
  std::vector<std::uint8_t> der(bytes, bytes + size);
  OPENSSL_free(bytes);
  return der;
}

OpensslServer::OpensslServer(const ServerOptions& options)
    : context_(SSL_CTX_new(TLS_server_method())), psk_identity_(options.psk_identity), psk_(options.psk) {
  assert_int_equal(SSL_CTX_set_min_proto_version(context_, options.version), 1);
  assert_int_equal(SSL_CTX_set_max_proto_version(context_, options.version), 1);
  const unsigned char name[] = "test";
  SSL_CTX_set_session_id_context(context_, name, sizeof(name));
  if (options.alpn) SSL_CTX_set_alpn_select_cb(context_, select_h2, nullptr);
  if (psk_identity_.empty()) {
    X509* certificate = options.names.empty() ? read_certificate("gateway.pem") : make_certificate(options);
    EVP_PKEY* key = read_key("gateway.key");
    assert_int_equal(SSL_CTX_use_certificate(context_, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context_, key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
  } else {
    SSL_CTX_set_cipher_list(context_, "PSK-AES128-GCM-SHA256");
    SSL_CTX_set_psk_server_callback(context_,
                                    [](SSL* ssl, const char* identity, unsigned char* psk, unsigned most) -> unsigned {
                                      const auto& self = *static_cast<const OpensslServer*>(SSL_get_app_data(ssl));
                                      if (self.psk_identity_ != identity || self.psk_.size() > most) return 0;
                                      std::memcpy(psk, self.psk_.data(), self.psk_.size());
                                      return static_cast<unsigned>(self.psk_.size());
                                    });
  }
  if (options.client_certificate) {
    assert_int_equal(SSL_CTX_load_verify_locations(context_, path_of("ca.pem").c_str(), nullptr), 1);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
}

OpensslServer::~OpensslServer() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  ERR_clear_error();
}

mote_port OpensslServer::port() {
  return {.context = this,
          .connect = [](void* server, std::uint32_t) { return of(server).connect(); },
          .disconnect = [](void* server) { of(server).open = false; },
          .write =
              [](void* server, const std::uint8_t* bytes, std::size_t size, std::uint32_t) {
                return of(server).take({bytes, size});
              },
          .read =
              [](void* server, std::uint8_t* into, std::size_t room, std::uint32_t deadline_ms) {
                return of(server).give({into, room}, deadline_ms);
              },
          .now_ms = [](void* server) { return of(server).now_ms; },
          .entropy =
              [](void* server, std::uint8_t* into, std::size_t size) {
                if (of(server).entropy_requests_left == 0) return false;
                --of(server).entropy_requests_left;
                for (std::uint8_t& byte : std::span(into, size))
                  byte = static_cast<std::uint8_t>(std::rand());
                return true;
              }};
}

bool OpensslServer::connect() {
  if (refuses) return false;
  if (ssl_ != nullptr) {
    // Otherwise OpenSSL does not resume its session.
    SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl_);
  }
  ssl_ = SSL_new(context_);
  SSL_set_app_data(ssl_, reinterpret_cast<char*>(this));
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_accept_state(ssl_);
  to_client_.clear();
  given_ = 0;
  return open = true;
}

bool OpensslServer::take(std::span<const std::uint8_t> bytes) {
  if (!open) return false;
  BIO_write(SSL_get_rbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
  return true;
}

void OpensslServer::run() {
  if (silent) return;
  if (SSL_is_init_finished(ssl_) == 0 || SSL_get_key_update_type(ssl_) != SSL_KEY_UPDATE_NONE) SSL_do_handshake(ssl_);
  std::uint8_t bytes[4096];
  for (int size = 0; (size = BIO_read(SSL_get_wbio(ssl_), bytes, sizeof(bytes))) > 0;)
    to_client_.insert(to_client_.end(), bytes, bytes + size);
}

int OpensslServer::give(std::span<std::uint8_t> into, std::uint32_t deadline_ms) {
  if (!open) return MOTE_PORT_CLOSED;
  run();
  now_ms += read_ms;
  const std::size_t size = std::min({into.size(), to_client_.size(), most_at_once, ends_after - given_});
  if (size == 0 && given_ == ends_after) return MOTE_PORT_CLOSED;
  if (size == 0 && mote_left_ms(now_ms, deadline_ms) > 0) now_ms = deadline_ms;
  std::copy_n(to_client_.begin(), size, into.begin());
  to_client_.erase(to_client_.begin(), to_client_.begin() + static_cast<std::ptrdiff_t>(size));
  given_ += size;
  return static_cast<int>(size);
}

void OpensslServer::write(const std::string& text) {
  assert_int_equal(SSL_write(ssl_, text.data(), static_cast<int>(text.size())), text.size());
  run();
}

std::string OpensslServer::received() {
  std::string text;
  char bytes[4096];
  for (int size = 0; (size = SSL_read(ssl_, bytes, sizeof(bytes))) > 0;)
    text.append(bytes, static_cast<std::size_t>(size));
  run();
  return text;
}

void OpensslServer::update_keys() {
  assert_int_equal(SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED), 1);
  run();
}

// OpenSSL sends one at each write.
void OpensslServer::send_tickets(unsigned count) {
  for (; count > 0; --count) {
    assert_int_equal(SSL_new_session_ticket(ssl_), 1);
    SSL_do_handshake(ssl_);
    run();
  }
}

void OpensslServer::close() {
  SSL_shutdown(ssl_);
  run();
}

}  // namespace mote::test

#include "support/openssl_client.h"

#include <openssl/err.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support/cmocka_test.h"
#include "tls/memory.h"

namespace mote::test {
namespace {

std::string path_of(const std::string& name) {
  const char* folder = std::getenv("MOTE_TEST_CERTIFICATES");
  assert_non_null(folder);
  return std::string(folder) + "/" + name;
}

}  // namespace

std::string certificate_file(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(path_of(name)).rdbuf();
  return text.str();
}

std::unique_ptr<tls::ServerContext> tls_context(const std::string& client_ca, std::string_view names,
                                                tls::Version version, std::string_view psks) {
  auto context = std::make_unique<tls::ServerContext>();
  const std::string certificate = certificate_file("gateway.pem");
  const std::string key = certificate_file("gateway.key");
  const tls::LoadError error = context->load({.certificate = certificate,
                                              .key = key,
                                              .client_ca = client_ca,
                                              .allowed_names = names,
                                              .psks = psks,
                                              .min_version = version,
                                              .suites = {}});
  assert_string_equal(std::string(error.text).c_str(), "");
  return context;
}

void take_tls_memory(std::size_t handshakes) {
  static std::vector<std::uint8_t> pool(256 * std::size_t{1024});
  static std::vector<std::uint8_t> places(handshakes * tls::record_place_bytes());
  assert_true(tls::take_memory(pool, places));
}

OpensslClient::OpensslClient(const OpensslOptions& options)
    : options_(options), context_(SSL_CTX_new(TLS_client_method())) {
  assert_int_equal(SSL_CTX_set_min_proto_version(context_, options.version), 1);
  assert_int_equal(SSL_CTX_set_max_proto_version(context_, options.version), 1);
  assert_int_equal(SSL_CTX_load_verify_locations(context_, path_of("ca.pem").c_str(), nullptr), 1);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  if (options.suites != nullptr) assert_int_equal(SSL_CTX_set_cipher_list(context_, options.suites), 1);
  if (!options.certificate.empty()) {
    const std::string stem = path_of(options.certificate);
    assert_int_equal(SSL_CTX_use_certificate_file(context_, (stem + ".pem").c_str(), SSL_FILETYPE_PEM), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(context_, (stem + ".key").c_str(), SSL_FILETYPE_PEM), 1);
  }
  if (!options.identity.empty()) SSL_CTX_set_psk_client_callback(context_, use_psk);
  ssl_ = SSL_new(context_);
  SSL_set_app_data(ssl_, this);
  if (options.session != nullptr) assert_int_equal(SSL_set_session(ssl_, options.session), 1);
  assert_int_equal(SSL_set1_host(ssl_, "localhost"), 1);
  const unsigned char h2[] = {2, 'h', '2'};
  if (options.alpn) assert_int_equal(SSL_set_alpn_protos(ssl_, h2, sizeof(h2)), 0);
  if (options.small_records)
    assert_int_equal(SSL_set_tlsext_max_fragment_length(ssl_, TLSEXT_max_fragment_length_512), 1);
  in_ = BIO_new(BIO_s_mem());
  out_ = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl_, in_, out_);
  SSL_set_connect_state(ssl_);
}

OpensslClient::~OpensslClient() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  ERR_clear_error();
}

unsigned OpensslClient::use_psk(SSL* ssl, const char* /*hint*/, char* identity, unsigned identity_room,
                                unsigned char* psk, unsigned psk_room) {
  const OpensslOptions& options = static_cast<const OpensslClient*>(SSL_get_app_data(ssl))->options_;
  assert_in_range(options.identity.size(), 1, identity_room - 1);
  assert_in_range(options.psk.size(), 1, psk_room);
  *std::copy(options.identity.begin(), options.identity.end(), identity) = '\0';
  std::copy(options.psk.begin(), options.psk.end(), psk);
  return static_cast<unsigned>(options.psk.size());
}

SSL_SESSION* OpensslClient::session() const {
  SSL_SESSION* session = SSL_get1_session(ssl_);
  if (session != nullptr && SSL_SESSION_has_ticket(session) != 0) return session;
  SSL_SESSION_free(session);
  return nullptr;
}

void OpensslClient::turn(Pipe& from_server, Pipe& to_server) {
  if (!from_server.empty()) BIO_write(in_, from_server.data(), static_cast<int>(from_server.size()));
  from_server.clear();
  if (!finished()) SSL_do_handshake(ssl_);
  flush(to_server);
}

void OpensslClient::flush(Pipe& to_server) {
  std::uint8_t bytes[4096];
  for (int size = 0; (size = BIO_read(out_, bytes, sizeof(bytes))) > 0;)
    to_server.insert(to_server.end(), bytes, bytes + size);
}

void OpensslClient::write(Pipe& to_server, const std::string& text) {
  assert_int_equal(SSL_write(ssl_, text.data(), static_cast<int>(text.size())), text.size());
  flush(to_server);
}

std::string OpensslClient::read(Pipe& from_server, Pipe& to_server) {
  turn(from_server, to_server);
  std::string text;
  char bytes[4096];
  for (int size = 0; (size = SSL_read(ssl_, bytes, sizeof(bytes))) > 0;)
    text.append(bytes, static_cast<std::size_t>(size));
  return text;
}

void OpensslClient::close(Pipe& to_server) {
  SSL_shutdown(ssl_);
  flush(to_server);
}

void OpensslClient::update_keys(Pipe& to_server) {
  assert_int_equal(SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED), 1);
  assert_int_equal(SSL_do_handshake(ssl_), 1);
  flush(to_server);
}

void OpensslClient::renegotiate(Pipe& to_server) {
  assert_int_equal(SSL_renegotiate(ssl_), 1);
  assert_int_equal(SSL_do_handshake(ssl_), -1);  // It waits for the server.
  flush(to_server);
}

}  // namespace mote::test

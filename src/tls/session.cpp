#include "tls/session.h"

#include <algorithm>

#include "mbedtls/platform.h"
#include "tls/failure.h"

namespace mote::tls {

Session::Session() {
  mbedtls_ssl_init(&ssl_);
}

Session::~Session() {
  // Established sessions have no buffers here: resume() lends them.
  mbedtls_ssl_free(&ssl_);
  mbedtls_free(name_);
  leave_context();
}

bool Session::begin(ServerContext& context) {
  if (mbedtls_ssl_setup(&ssl_, &context.config()) != 0) return false;
  context_ = &context;
  context.enter();
  mbedtls_ssl_set_user_data_p(&ssl_, this);
  mbedtls_ssl_set_bio(&ssl_, this, send, receive, nullptr);
  stage_ = Stage::Handshake;
  return true;
}

Session::Handshake Session::step(Records& records) {
  records_ = &records;
  const int result = mbedtls_ssl_handshake_step(&ssl_);
  if (result == MBEDTLS_ERR_SSL_WANT_READ) return Handshake::Waits;
  if (result != 0 && result != MBEDTLS_ERR_SSL_WANT_WRITE && result != MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
    fail(result);
    return Handshake::Failed;
  }
  return mote_tls_handshake_is_over(&ssl_) ? finish_handshake() : Handshake::Again;
}

Session::Handshake Session::finish_handshake() {
  // A client without ALPN gets so far.
  if (mbedtls_ssl_get_alpn_protocol(&ssl_) == nullptr) {
    mbedtls_ssl_send_alert_message(&ssl_, MBEDTLS_SSL_ALERT_LEVEL_FATAL, MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL);
    return refuse(MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL);
  }
  if (!keep_proved_name()) return refuse(MBEDTLS_ERR_SSL_ALLOC_FAILED);
  most_sent_ = static_cast<std::uint16_t>(mbedtls_ssl_get_max_out_record_payload(&ssl_));
  if (!mote_tls_end_handshake(&ssl_)) return refuse(MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE);
  mote_tls_use_config(&ssl_, &ServerContext::established_config());
  mote_tls_park_first(&ssl_, &parked_);
  stage_ = Stage::Established;
  leave_context();
  return Handshake::Over;
}

Session::Handshake Session::refuse(int error) {
  error_ = error;
  return Handshake::Failed;
}

bool Session::take_identity(std::string_view name) {
  psk_ = name.empty() ? Psk::Unknown : Psk::Known;
  return psk_ == Psk::Known && keep_name(name);
}

// A client of TLS 1.3 can name a key and then use none.
bool Session::keep_proved_name() {
  if (psk_ == Psk::Known && mote_tls_has_used_psk(&ssl_)) return true;
  psk_ = Psk::None;
  const mbedtls_x509_crt* certificate = mbedtls_ssl_get_peer_cert(&ssl_);
  return keep_name(certificate == nullptr ? std::string_view() : context_->name_of(*certificate));
}

bool Session::keep_name(std::string_view name) {
  mbedtls_free(name_);
  name_ = nullptr;
  name_size_ = 0;
  if (name.empty()) return true;
  name_ = static_cast<char*>(mbedtls_calloc(1, name.size()));
  if (name_ == nullptr) return false;
  std::copy(name.begin(), name.end(), name_);
  name_size_ = static_cast<std::uint8_t>(name.size());
  return true;
}

void Session::leave_context() {
  if (context_ != nullptr) context_->leave();
  context_ = nullptr;
}

void Session::fail(int error) {
  error_ = error;
  verify_flags_ = stage_ == Stage::Handshake ? mbedtls_ssl_get_verify_result(&ssl_) : 0;
}

std::string_view Session::failure() const {
  const std::string_view text = psk_ == Psk::None ? std::string_view() : psk_failure_text(error_, has_psk());
  return text.empty() ? failure_text(error_, verify_flags_) : text;
}

std::string_view Session::fault() const {
  if (error_ == MBEDTLS_ERR_SSL_CONN_EOF || error_ == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return {};
  if (error_ == MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE) return "KeyUpdate, renegotiation and warnings are not supported";
  return failure_text(error_, 0);
}

void Session::discard() {
  mbedtls_ssl_free(&ssl_);
  mbedtls_ssl_init(&ssl_);
  leave_context();
}

std::size_t Session::read(Records& records, const RecordBuffers& buffers, MutableBytes to) {
  resume(records, buffers);
  const int result = mbedtls_ssl_read(&ssl_, to.data(), to.size());
  if (result > 0) {
    park();
    return static_cast<std::size_t>(result);
  }
  // TLS 1.3 tickets are never sent to a server; other results are the end.
  if (result != MBEDTLS_ERR_SSL_WANT_READ) {
    ended_ = true;
    fail(result == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : result);
  }
  park();
  return 0;
}

std::size_t Session::write(Records& records, const RecordBuffers& buffers, Bytes from) {
  resume(records, buffers);
  const int result = mbedtls_ssl_write(&ssl_, from.data(), std::min<std::size_t>(from.size(), most_sent_));
  park();
  if (result > 0) return static_cast<std::size_t>(result);
  ended_ = true;
  fail(result);
  return 0;
}

void Session::close(Records& records, const RecordBuffers& buffers) {
  if (stage_ != Stage::Established || ended_) return;
  resume(records, buffers);
  mbedtls_ssl_close_notify(&ssl_);
  park();
}

void Session::resume(Records& records, const RecordBuffers& buffers) {
  records_ = &records;
  mote_tls_resume(&ssl_, &parked_, buffers.in, buffers.out);
}

void Session::park() {
  // Bytes in the buffers are lost: the session has failed, the client sent an alert or began another handshake, or the owner gave
  // it a part of a record.
  if (!mote_tls_may_park(&ssl_)) {
    ended_ = true;
    if (error_ == 0) error_ = MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
  }
  mote_tls_park(&ssl_, &parked_);
}

int Session::receive(void* context, unsigned char* to, std::size_t size) {
  const std::size_t received = static_cast<Session*>(context)->records_->receive({to, size});
  return received == 0 ? MBEDTLS_ERR_SSL_WANT_READ : static_cast<int>(received);
}

int Session::send(void* context, const unsigned char* from, std::size_t size) {
  static_cast<Session*>(context)->records_->send({from, size});
  return static_cast<int>(size);
}

}  // namespace mote::tls

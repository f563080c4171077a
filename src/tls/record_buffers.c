#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include "tls/record_buffers.h"

#include <string.h>

#include "mbedtls/build_info.h"
#include "mbedtls/platform.h"
#include "ssl_misc.h"

#if MBEDTLS_VERSION_NUMBER < 0x03060600 || MBEDTLS_VERSION_NUMBER >= 0x03070000
#error "The members used here were checked in mbedTLS 3.6.6: check them in this version"
#endif

_Static_assert(sizeof(((mote_tls_parked*)0)->in_counter) == MBEDTLS_SSL_SEQUENCE_NUMBER_LEN,
               "a record number has 8 bytes");

size_t mote_tls_in_buffer_bytes(void) {
  return MBEDTLS_SSL_IN_BUFFER_LEN;
}

size_t mote_tls_out_buffer_bytes(void) {
  return MBEDTLS_SSL_OUT_BUFFER_LEN;
}

bool mote_tls_end_handshake(mbedtls_ssl_context* ssl) {
  if (ssl->in_left != 0 || ssl->in_msglen > ssl->in_hslen || ssl->out_left != 0) return false;
  ssl->in_msglen = 0;
  ssl->in_hslen = 0;
  ssl->in_msgtype = 0;
  if (ssl->handshake != NULL) {
    mbedtls_ssl_handshake_free(ssl);
    mbedtls_free(ssl->handshake);
    ssl->handshake = NULL;
  }
  if (ssl->transform_negotiate != NULL) {
    mbedtls_ssl_transform_free(ssl->transform_negotiate);
    mbedtls_free(ssl->transform_negotiate);
    ssl->transform_negotiate = NULL;
  }
  if (ssl->session_negotiate != NULL) {
    mbedtls_ssl_session_free(ssl->session_negotiate);
    mbedtls_free(ssl->session_negotiate);
    ssl->session_negotiate = NULL;
  }
  if (ssl->session != NULL) {
    mbedtls_ssl_session_free(ssl->session);
    mbedtls_free(ssl->session);
    ssl->session = NULL;
    ssl->session_in = NULL;
    ssl->session_out = NULL;
  }
  return true;
}

bool mote_tls_handshake_is_over(const mbedtls_ssl_context* ssl) {
  return ssl->state == MBEDTLS_SSL_HANDSHAKE_OVER;
}

bool mote_tls_has_used_psk(const mbedtls_ssl_context* ssl) {
  if (ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_3)
    return (ssl->handshake->key_exchange_mode & MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_ALL) != 0;
  return mbedtls_ssl_ciphersuite_uses_psk(mbedtls_ssl_ciphersuite_from_id(ssl->session->ciphersuite)) != 0;
}

void mote_tls_use_config(mbedtls_ssl_context* ssl, const mbedtls_ssl_config* config) {
  ssl->conf = config;
}

bool mote_tls_may_park(const mbedtls_ssl_context* ssl) {
  return ssl->in_left == 0 && ssl->in_msglen == 0 && ssl->in_offt == NULL && ssl->in_hslen == 0 &&
         ssl->keep_current_message == 0 && ssl->in_msgtype != MBEDTLS_SSL_MSG_HANDSHAKE && ssl->out_left == 0;
}

void mote_tls_park(mbedtls_ssl_context* ssl, mote_tls_parked* parked) {
  // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling): memcpy_s does not exist here
  memcpy(parked->in_counter, ssl->in_ctr, sizeof(parked->in_counter));
  ssl->in_buf = NULL;
  ssl->out_buf = NULL;
}

void mote_tls_park_first(mbedtls_ssl_context* ssl, mote_tls_parked* parked) {
  unsigned char* const in = ssl->in_buf;
  unsigned char* const out = ssl->out_buf;
  mote_tls_park(ssl, parked);
  mbedtls_zeroize_and_free(in, MBEDTLS_SSL_IN_BUFFER_LEN);
  mbedtls_zeroize_and_free(out, MBEDTLS_SSL_OUT_BUFFER_LEN);
}

void mote_tls_resume(mbedtls_ssl_context* ssl, const mote_tls_parked* parked, unsigned char* in, unsigned char* out) {
  ssl->in_buf = in;
  ssl->out_buf = out;
  mbedtls_ssl_reset_in_pointers(ssl);
  mbedtls_ssl_reset_out_pointers(ssl);
  mbedtls_ssl_update_out_pointers(ssl, ssl->transform_out);
  // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling): memcpy_s does not exist here
  memcpy(ssl->in_ctr, parked->in_counter, sizeof(parked->in_counter));
}

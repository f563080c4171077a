// The device's end of TLS over a port: what is behind mote/port_tls.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mbedtls/ctr_drbg.h"
#include "mbedtls/ssl.h"
#include "mote/port.h"
#include "mote/port_tls.h"
#include "mote/span.h"
#include "pool.h"

#ifdef MOTE_TLS_CERTIFICATES
#include "mbedtls/pk.h"
#include "mbedtls/x509_crt.h"
#endif

namespace mote::tls_port {

class TlsLayer {
 public:
  // `pool_memory` is for mbedTLS. Call start() before anything else.
  TlsLayer(const mote_port& below, const mote_tls_options& options, MutableBytes pool_memory);
  ~TlsLayer();
  TlsLayer(const TlsLayer&) = delete;
  TlsLayer& operator=(const TlsLayer&) = delete;

  [[nodiscard]] mote_tls_result start();

  // The functions of the port (mote/port.h).
  [[nodiscard]] bool connect(std::uint32_t deadline_ms);
  void disconnect();
  [[nodiscard]] bool write(Bytes bytes, std::uint32_t deadline_ms);
  [[nodiscard]] int read(MutableBytes into, std::uint32_t deadline_ms);
  [[nodiscard]] const mote_port& below() const { return below_; }

  [[nodiscard]] mote_tls_result result() const { return result_; }
  [[nodiscard]] unsigned alert() const { return alert_; }
  [[nodiscard]] mote_tls_session session() const { return session_; }
  [[nodiscard]] std::size_t used_bytes() const { return sizeof(*this) + pool_.most_bytes(); }

 private:
  // While one exists, mbedTLS takes its memory and its random numbers from this layer.
  class Use;

  static int fill_entropy(void* layer, unsigned char* into, std::size_t size);
  static int send(void* layer, const unsigned char* bytes, std::size_t size);
  static int receive(void* layer, unsigned char* into, std::size_t room);

  [[nodiscard]] mote_tls_result use_credentials();
  [[nodiscard]] mote_tls_result use_psk();
  [[nodiscard]] mote_tls_result use_certificates();
  [[nodiscard]] bool handshake();
  void keep_session();
  // Of a function that may call send() or receive().
  void begin(std::uint32_t deadline_ms);
  // Notes the reason. Returns false.
  bool fail(mote_tls_result result);
  bool fail_with(int error);
  [[nodiscard]] mote_tls_result result_of(int error) const;

  const mote_port& below_;
  const mote_tls_options& options_;
  Pool pool_;
  mbedtls_ctr_drbg_context random_{};
  mbedtls_ssl_config config_{};
  mbedtls_ssl_context ssl_{};
#ifdef MOTE_TLS_CERTIFICATES
  mbedtls_x509_crt ca_{};
  mbedtls_x509_crt certificate_{};
  mbedtls_pk_context key_{};
#endif
#ifdef MBEDTLS_SSL_SESSION_TICKETS
  mbedtls_ssl_session kept_{};
  bool has_kept_ = false;
#endif
  std::uint32_t deadline_ms_ = 0;  // Of the function that runs.
  mote_tls_session session_{};
  mote_tls_result result_ = MOTE_TLS_OK;
  unsigned alert_ = 0;
  bool open_ = false;
  bool shaking_ = false;  // A handshake is under way.
  bool starved_ = false;  // The last receive() got nothing by the deadline.
};

}  // namespace mote::tls_port

/* TLS for the device client: a port in front of another port. Plain C.
 *
 *   static uint8_t memory[MOTE_TLS_CERTIFICATE_BYTES];
 *   static mote_tls tls;
 *   const mote_tls_options options = {.server_name = "gateway.plant", .ca = {ca_der, sizeof(ca_der)}};
 *   if (mote_tls_init(&tls, &tcp_port, &options, memory, sizeof(memory)) != MOTE_TLS_OK) stop();
 *   const mote_port port = mote_tls_port(&tls);
 *   mote_client_init(&client, &port, ...);
 *
 * The port below must have an entropy function (mote/port.h). The layer uses no heap: all of its memory, that of mbedTLS included, is
 * what mote_tls_init() gets. connect() of the port includes the handshake, so the connect_timeout_ms of the client must allow for it: a
 * Cortex-M3 at 25 MHz needs about 7 s with certificates and 0.1 s with a pre-shared key.
 *
 * With certificates, the server must have one that `ca` signed and that contains `server_name`. With a pre-shared key both ends
 * prove that they have the key; whoever learns the key later can decrypt recorded traffic (no forward secrecy). With certificates, the server must select h2
 * (ALPN). Certificates and keys are ECDSA on P-256.
 *
 * Built for a microcontroller (MOTE_SMALL), the layer speaks TLS 1.2 with AES-128-GCM, and does NOT check the dates of certificates,
 * because such a board often has no clock. Otherwise it speaks TLS 1.2 and 1.3, checks dates, and resumes sessions. A build
 * can leave out certificates or pre-shared keys; options for what is missing are MOTE_TLS_UNSUPPORTED.
 *
 * All functions must be called from one thread. A program cannot contain both this layer and mote's server with TLS. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mote/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Memory for mote_tls_init(), in bytes, for one authority and one certificate of the device. Larger ones need their size in
 * addition. tests/unit/ports/port_tls_test.cpp and the images in firmware-host/images use no more. */
#ifdef MOTE_SMALL
#define MOTE_TLS_CERTIFICATE_BYTES 9216 /* with certificates */
#define MOTE_TLS_PSK_BYTES 4608         /* with a pre-shared key */
#else
#define MOTE_TLS_CERTIFICATE_BYTES 65536 /* with certificates */
#define MOTE_TLS_PSK_BYTES 32768         /* with a pre-shared key */
#endif

/* Why there is no TLS. mote_tls_result_text() describes each. */
typedef enum mote_tls_result {
  MOTE_TLS_OK = 0,
  /* Of mote_tls_init(). */
  MOTE_TLS_NO_ENTROPY,      /* the port has no source of entropy */
  MOTE_TLS_ENTROPY_FAILED,  /* the source of entropy failed; also of connect() */
  MOTE_TLS_NO_MEMORY,       /* the memory is too small; also of connect() */
  MOTE_TLS_UNSUPPORTED,     /* the options need what this build leaves out, or contradict each other */
  MOTE_TLS_BAD_SERVER_NAME, /* there is no server name, or it is too long */
  MOTE_TLS_BAD_CA,          /* no certificate in a form that this build reads */
  MOTE_TLS_BAD_CERTIFICATE, /* the same for the certificate of the device */
  MOTE_TLS_BAD_KEY,         /* the key cannot be read, or is not the one of the certificate */
  MOTE_TLS_BAD_PSK,         /* the pre-shared key or its identity is missing, or too long */
  /* Of connect(). */
  MOTE_TLS_NO_CONNECTION,     /* the port below did not connect */
  MOTE_TLS_TIMEOUT,           /* the handshake was not over by the deadline */
  MOTE_TLS_CLOSED,            /* the server closed the connection; also of read() and write() */
  MOTE_TLS_NOT_TLS,           /* what the server sent is not TLS, or a record is too large */
  MOTE_TLS_UNTRUSTED,         /* the certificate is not signed by `ca` */
  MOTE_TLS_WRONG_NAME,        /* the certificate does not contain the server name */
  MOTE_TLS_EXPIRED,           /* the certificate has expired */
  MOTE_TLS_NOT_VALID_YET,     /* the certificate is not valid yet, or the clock is wrong */
  MOTE_TLS_WEAK_CERTIFICATE,  /* the certificate has a key or a signature that is not accepted */
  MOTE_TLS_NO_H2,             /* the server did not select h2 (ALPN) */
  MOTE_TLS_NOTHING_IN_COMMON, /* no common version, cipher suite or curve */
  MOTE_TLS_ALERT,             /* the server refused with an alert: mote_tls_alert(); also of read() */
  MOTE_TLS_FAILED             /* another error of the protocol, such as a changed record; also of read() and write() */
} mote_tls_result;

/* Bytes of the caller. */
typedef struct mote_tls_bytes {
  const uint8_t* data; /* the bytes, or null */
  size_t size;         /* how many */
} mote_tls_bytes;

/* What mote_tls_init() is given. All that it points to must outlive the layer and may be in flash.
 *
 * Certificates and keys are DER. A build without MOTE_SMALL also reads PEM; `size` then includes a NUL at the end. */
typedef struct mote_tls_options {
  const char* server_name;    /* a DNS name or an address that the server's certificate contains */
  mote_tls_bytes ca;          /* certificates of authorities: one in DER, or several in PEM */
  mote_tls_bytes certificate; /* of the device; empty: none */
  mote_tls_bytes key;         /* of that certificate: SEC 1 or PKCS #8, without a password */
  const char* psk_identity;   /* the name of the pre-shared key; null: certificates are used */
  mote_tls_bytes psk;         /* the pre-shared key: 16 to 32 random bytes */
} mote_tls_options;

/* One layer. Its content is private. The caller owns it and must not move it while the port is in use. */
typedef struct mote_tls {
  void* state; /* in the memory of mote_tls_init(); null: that failed */
} mote_tls;

/* Reads the options. `below` must outlive the layer. `memory` belongs to the layer from now on. */
mote_tls_result mote_tls_init(mote_tls* tls, const mote_port* below, const mote_tls_options* options, uint8_t* memory,
                              size_t size);

/* The port for the client. Its clock and its entropy are those of the port below. */
mote_port mote_tls_port(mote_tls* tls);

/* Why the last connect() failed or the stream ended; MOTE_TLS_OK if neither happened. */
mote_tls_result mote_tls_last_result(const mote_tls* tls);

/* The description of an alert (RFC 8446 6, such as 42 for bad_certificate), if the last result is MOTE_TLS_ALERT. */
unsigned mote_tls_alert(const mote_tls* tls);

/* "the server's certificate has expired", for example. */
const char* mote_tls_result_text(mote_tls_result result);

/* The last handshake that succeeded. */
typedef struct mote_tls_session {
  const char* version;   /* "TLSv1.2" or "TLSv1.3"; null: there was none */
  const char* suite;     /* mbedTLS's name, such as "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256" */
  uint32_t handshake_ms; /* without connecting the port below */
  bool resumed;          /* with the keys of an earlier session */
} mote_tls_session;
/* Describes it. */
mote_tls_session mote_tls_describe(const mote_tls* tls);

/* Bytes of the memory that were needed so far. */
size_t mote_tls_used_bytes(const mote_tls* tls);

/* Forgets the keys and frees what mbedTLS holds outside the memory. Use the port no more. */
void mote_tls_end(mote_tls* tls);

#ifdef __cplusplus
}
#endif

/* Takes the record buffers from an established mbedTLS connection while it has no bytes in them, and lends it others for a read or
 * a write. So all connections share one pair of buffers (20 KiB) and an idle one keeps about 2 KiB.
 *
 * This uses private members of mbedTLS 3.6; the build checks the version and tests/unit/tls/session_test.cpp the use. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mbedtls/ssl.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The sizes of the buffers, in bytes. */
size_t mote_tls_in_buffer_bytes(void);
size_t mote_tls_out_buffer_bytes(void);

/* The number of the next record from the peer, which mbedTLS stores in the buffer. */
typedef struct mote_tls_parked {
  unsigned char in_counter[8];
} mote_tls_parked;

/* Consumes the last message of a handshake that is over, and frees what only a handshake needs, with the certificate of the peer and
 * the session: mbedTLS forgets the limit of records that the peer demanded (mbedtls_ssl_get_max_out_record_payload). False: other bytes followed in the same record, which no version of TLS allows. */
bool mote_tls_end_handshake(mbedtls_ssl_context* ssl);

/* All messages of the handshake are sent, also those that follow it in TLS 1.3 (tickets). */
bool mote_tls_handshake_is_over(const mbedtls_ssl_context* ssl);

/* The handshake, which is over, has used a pre-shared key. */
bool mote_tls_has_used_psk(const mbedtls_ssl_context* ssl);

/* Replaces the configuration of the handshake by one for established connections, which must outlive `ssl`. */
void mote_tls_use_config(mbedtls_ssl_context* ssl, const mbedtls_ssl_config* config);

/* No byte is in the buffers, and the last record was not one of another handshake (renegotiation), which mbedTLS ignores. */
bool mote_tls_may_park(const mbedtls_ssl_context* ssl);

/* Takes the buffers away; they are not freed. Requires mote_tls_may_park(). Until mote_tls_resume(), only mbedtls_ssl_free() may
 * be called. */
void mote_tls_park(mbedtls_ssl_context* ssl, mote_tls_parked* parked);

/* The same after the handshake, whose own buffers are freed. */
void mote_tls_park_first(mbedtls_ssl_context* ssl, mote_tls_parked* parked);

/* Lends buffers of the sizes above. */
void mote_tls_resume(mbedtls_ssl_context* ssl, const mote_tls_parked* parked, unsigned char* in, unsigned char* out);

#ifdef __cplusplus
}
#endif

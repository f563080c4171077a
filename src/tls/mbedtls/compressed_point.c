/* The library computes the second coordinate of a compressed point with a power, which nothing else needs here. TLS has no such points
 * (RFC 8422 5.1.1, RFC 8446 4.2.8.2), and the parser of certificates refuses them. ecp.c is compiled so that it calls this instead of
 * mbedtls_mpi_exp_mod(), which is 2.5 KB of a program for x86-64. */
#include "mbedtls/build_info.h"

#if defined(MBEDTLS_ECP_C)

#include "mbedtls/bignum.h"
#include "mbedtls/ecp.h"

int mote_refuse_compressed_point(mbedtls_mpi* power, const mbedtls_mpi* base, const mbedtls_mpi* exponent,
                                 const mbedtls_mpi* modulus, mbedtls_mpi* helper);

int mote_refuse_compressed_point(mbedtls_mpi* power, const mbedtls_mpi* base, const mbedtls_mpi* exponent,
                                 const mbedtls_mpi* modulus, mbedtls_mpi* helper) {
  (void)power;
  (void)base;
  (void)exponent;
  (void)modulus;
  (void)helper;
  return MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE;
}

#endif

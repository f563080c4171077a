/* The functions of PSA that TLS 1.3 of mbedTLS calls, for both ends of mote: each passes its arguments to a function of the library
 * that TLS 1.2 uses too. With MBEDTLS_PSA_CRYPTO_CLIENT and without MBEDTLS_PSA_CRYPTO_C, the library leaves them to the program. The
 * library's own, psa_crypto*.c, keep tables of keys, permissions and algorithms, which are 10 KB of a program.
 *
 * TLS 1.3 needs a hash, HMAC (of the Finished message), the two parts of HKDF and a key exchange on P-256. What else is asked for
 * is refused. A function that is missing here does not link.
 *
 * Keys are in memory of the library, and are overwritten before it is released. One thread at a time, as all of mbedTLS here. */
#include "mbedtls/build_info.h"

#if defined(MBEDTLS_PSA_CRYPTO_CLIENT)

#include "mbedtls/ecdh.h"
#include "mbedtls/hkdf.h"
#include "mbedtls/md.h"
#include "mbedtls/platform.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/psa_util.h"
#include "psa/crypto.h"

enum {
  kPrivateBits = 256,
  kPrivateBytes = kPrivateBits / 8,
  kPublicBytes = 1 + 2 * kPrivateBytes,
  kUncompressed = 4, /* The only form of points in TLS 1.3 (RFC 8446 4.2.8.2). */
  kMostSecretBytes = PSA_HASH_MAX_SIZE,
  /* An HkdfLabel: two lengths and the length of the output, a label and a hash (RFC 8446 7.1). */
  kMostInfoBytes = 4 + 32 + PSA_HASH_MAX_SIZE,
};

static psa_status_t status_of(int error) {
  switch (error) {
    case 0:
      return PSA_SUCCESS;
    case MBEDTLS_ERR_MPI_ALLOC_FAILED:
    case MBEDTLS_ERR_ECP_ALLOC_FAILED:
    case MBEDTLS_ERR_MD_ALLOC_FAILED:
      return PSA_ERROR_INSUFFICIENT_MEMORY;
    case MBEDTLS_ERR_ECP_RANDOM_FAILED:
      return PSA_ERROR_INSUFFICIENT_ENTROPY;
    default: /* A point that is not on the curve, or the one at infinity. */
      return PSA_ERROR_INVALID_ARGUMENT;
  }
}

static const mbedtls_md_info_t* hash_of(psa_algorithm_t alg) {
  return mbedtls_md_info_from_type(mbedtls_md_type_from_psa_alg(PSA_ALG_GET_HASH(alg)));
}

static void copy(uint8_t* to, const uint8_t* from, size_t size) {
  for (size_t i = 0; i < size; ++i)
    to[i] = from[i];
}

psa_status_t psa_crypto_init(void) {
  return PSA_SUCCESS;
}

/* --- Hash --- */

psa_status_t psa_hash_compute(psa_algorithm_t alg, const uint8_t* input, size_t input_length, uint8_t* hash,
                              size_t hash_size, size_t* hash_length) {
  const mbedtls_md_info_t* info = hash_of(alg);
  *hash_length = 0;
  if (info == NULL || !PSA_ALG_IS_HASH(alg)) return PSA_ERROR_NOT_SUPPORTED;
  if (hash_size < mbedtls_md_get_size(info)) return PSA_ERROR_BUFFER_TOO_SMALL;
  *hash_length = mbedtls_md_get_size(info);
  return status_of(mbedtls_md(info, input, input_length, hash));
}

/* --- Keys: a secret of HMAC, or a pair of P-256 --- */

struct key {
  struct key* next;
  mbedtls_svc_key_id_t id;
  psa_key_type_t type;
  size_t secret_size;
  uint8_t secret[kMostSecretBytes];
  uint8_t public_point[kPublicBytes];
};

static const psa_key_type_t kEcdhKey = PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1);
static struct key* keys;
static mbedtls_svc_key_id_t last_id;

static struct key** find(mbedtls_svc_key_id_t id) {
  struct key** at = &keys;
  while (*at != NULL && (*at)->id != id)
    at = &(*at)->next;
  return at;
}

static const struct key* find_of_type(mbedtls_svc_key_id_t id, psa_key_type_t type) {
  const struct key* entry = *find(id);
  return entry != NULL && entry->type == type ? entry : NULL;
}

static struct key* add_key(psa_key_type_t type, size_t secret_size) {
  struct key* entry = mbedtls_calloc(1, sizeof(*entry));
  if (entry == NULL) return NULL;
  do
    ++last_id;
  while (last_id == 0 || *find(last_id) != NULL);
  entry->id = last_id;
  entry->type = type;
  entry->secret_size = secret_size;
  entry->next = keys;
  keys = entry;
  return entry;
}

psa_status_t psa_destroy_key(mbedtls_svc_key_id_t key) {
  struct key** at = find(key);
  struct key* entry = *at;
  if (key == 0) return PSA_SUCCESS;
  if (entry == NULL) return PSA_ERROR_INVALID_HANDLE;
  *at = entry->next;
  mbedtls_platform_zeroize(entry, sizeof(*entry));
  mbedtls_free(entry);
  return PSA_SUCCESS;
}

psa_status_t psa_get_key_attributes(mbedtls_svc_key_id_t key, psa_key_attributes_t* attributes) {
  const struct key* entry = *find(key);
  if (entry == NULL) return PSA_ERROR_INVALID_HANDLE;
  psa_set_key_type(attributes, entry->type);
  psa_set_key_bits(attributes, entry->secret_size * 8);
  return PSA_SUCCESS;
}

/* --- HMAC --- */

psa_status_t psa_import_key(const psa_key_attributes_t* attributes, const uint8_t* data, size_t data_length,
                            mbedtls_svc_key_id_t* key) {
  struct key* entry = NULL;
  *key = 0;
  if (psa_get_key_type(attributes) != PSA_KEY_TYPE_HMAC || data_length > kMostSecretBytes)
    return PSA_ERROR_NOT_SUPPORTED;
  entry = add_key(PSA_KEY_TYPE_HMAC, data_length);
  if (entry == NULL) return PSA_ERROR_INSUFFICIENT_MEMORY;
  copy(entry->secret, data, data_length);
  *key = entry->id;
  return PSA_SUCCESS;
}

psa_status_t psa_mac_compute(mbedtls_svc_key_id_t key, psa_algorithm_t alg, const uint8_t* input, size_t input_length,
                             uint8_t* mac, size_t mac_size, size_t* mac_length) {
  const struct key* entry = find_of_type(key, PSA_KEY_TYPE_HMAC);
  const mbedtls_md_info_t* info = hash_of(alg);
  *mac_length = 0;
  if (entry == NULL) return PSA_ERROR_INVALID_HANDLE;
  if (info == NULL || alg != PSA_ALG_HMAC(PSA_ALG_GET_HASH(alg))) return PSA_ERROR_NOT_SUPPORTED;
  if (mac_size < mbedtls_md_get_size(info)) return PSA_ERROR_BUFFER_TOO_SMALL;
  *mac_length = mbedtls_md_get_size(info);
  return status_of(mbedtls_md_hmac(info, entry->secret, entry->secret_size, input, input_length, mac));
}

/* --- HKDF (RFC 5869). The library has at most one derivation at a time: it begins and ends one in the same function --- */

static struct {
  psa_algorithm_t alg; /* 0: there is no derivation. */
  size_t salt_size;
  size_t key_size; /* 0: the secret is missing. */
  size_t info_size;
  uint8_t salt[kMostSecretBytes];
  uint8_t key[kMostSecretBytes]; /* Extracted from the secret; or the secret that is expanded. */
  uint8_t info[kMostInfoBytes];
} derivation;

psa_status_t psa_key_derivation_setup(psa_key_derivation_operation_t* operation, psa_algorithm_t alg) {
  if (derivation.alg != 0) return PSA_ERROR_BAD_STATE;
  if (hash_of(alg) == NULL) return PSA_ERROR_NOT_SUPPORTED;
  if (!PSA_ALG_IS_HKDF_EXTRACT(alg) && !PSA_ALG_IS_HKDF_EXPAND(alg)) return PSA_ERROR_NOT_SUPPORTED;
  derivation.alg = alg;
  operation->handle = 1;
  return PSA_SUCCESS;
}

static psa_status_t keep(uint8_t* to, size_t most, size_t* size, const uint8_t* data, size_t data_length) {
  if (data_length > most) return PSA_ERROR_INVALID_ARGUMENT;
  copy(to, data, data_length);
  *size = data_length;
  return PSA_SUCCESS;
}

static psa_status_t extract(const uint8_t* secret, size_t secret_size) {
  const mbedtls_md_info_t* info = hash_of(derivation.alg);
  const int error =
      mbedtls_hkdf_extract(info, derivation.salt, derivation.salt_size, secret, secret_size, derivation.key);
  derivation.key_size = error == 0 ? mbedtls_md_get_size(info) : 0;
  return status_of(error);
}

psa_status_t psa_key_derivation_input_bytes(psa_key_derivation_operation_t* operation, psa_key_derivation_step_t step,
                                            const uint8_t* data, size_t data_length) {
  const int extracts = PSA_ALG_IS_HKDF_EXTRACT(derivation.alg);
  if (operation->handle == 0) return PSA_ERROR_BAD_STATE;
  if (extracts && step == PSA_KEY_DERIVATION_INPUT_SALT)
    return keep(derivation.salt, sizeof(derivation.salt), &derivation.salt_size, data, data_length);
  if (extracts && step == PSA_KEY_DERIVATION_INPUT_SECRET) return extract(data, data_length);
  if (!extracts && step == PSA_KEY_DERIVATION_INPUT_SECRET)
    return keep(derivation.key, sizeof(derivation.key), &derivation.key_size, data, data_length);
  if (!extracts && step == PSA_KEY_DERIVATION_INPUT_INFO)
    return keep(derivation.info, sizeof(derivation.info), &derivation.info_size, data, data_length);
  return PSA_ERROR_INVALID_ARGUMENT;
}

psa_status_t psa_key_derivation_output_bytes(psa_key_derivation_operation_t* operation, uint8_t* output,
                                             size_t output_length) {
  if (operation->handle == 0 || derivation.key_size == 0) return PSA_ERROR_BAD_STATE;
  if (PSA_ALG_IS_HKDF_EXPAND(derivation.alg))
    return status_of(mbedtls_hkdf_expand(hash_of(derivation.alg), derivation.key, derivation.key_size, derivation.info,
                                         derivation.info_size, output, output_length));
  if (output_length > derivation.key_size) return PSA_ERROR_INSUFFICIENT_DATA;
  copy(output, derivation.key, output_length);
  return PSA_SUCCESS;
}

psa_status_t psa_key_derivation_abort(psa_key_derivation_operation_t* operation) {
  /* Of one that was refused: the derivation is another's. */
  if (operation->handle != 0) mbedtls_platform_zeroize(&derivation, sizeof(derivation));
  operation->handle = 0;
  return PSA_SUCCESS;
}

/* --- Key exchange on P-256 --- */

static int fill_random(void* context, unsigned char* to, size_t size) {
  (void)context;
  return psa_generate_random(to, size) == PSA_SUCCESS ? 0 : MBEDTLS_ERR_ECP_RANDOM_FAILED;
}

static int generate_pair(struct key* entry) {
  mbedtls_ecp_group group;
  mbedtls_mpi secret;
  mbedtls_ecp_point point;
  size_t point_size = 0;
  int error = 0;
  mbedtls_ecp_group_init(&group);
  mbedtls_mpi_init(&secret);
  mbedtls_ecp_point_init(&point);
  error = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
  if (error == 0) error = mbedtls_ecdh_gen_public(&group, &secret, &point, fill_random, NULL);
  if (error == 0) error = mbedtls_mpi_write_binary(&secret, entry->secret, kPrivateBytes);
  if (error == 0)
    error = mbedtls_ecp_point_write_binary(&group, &point, MBEDTLS_ECP_PF_UNCOMPRESSED, &point_size,
                                           entry->public_point, kPublicBytes);
  mbedtls_ecp_point_free(&point);
  mbedtls_mpi_free(&secret);
  mbedtls_ecp_group_free(&group);
  return error;
}

psa_status_t psa_generate_key(const psa_key_attributes_t* attributes, mbedtls_svc_key_id_t* key) {
  struct key* entry = NULL;
  int error = 0;
  *key = 0;
  if (psa_get_key_type(attributes) != kEcdhKey || psa_get_key_bits(attributes) != kPrivateBits)
    return PSA_ERROR_NOT_SUPPORTED;
  entry = add_key(kEcdhKey, kPrivateBytes);
  if (entry == NULL) return PSA_ERROR_INSUFFICIENT_MEMORY;
  error = generate_pair(entry);
  if (error == 0)
    *key = entry->id;
  else
    psa_destroy_key(entry->id);
  return status_of(error);
}

psa_status_t psa_export_public_key(mbedtls_svc_key_id_t key, uint8_t* data, size_t data_size, size_t* data_length) {
  const struct key* entry = find_of_type(key, kEcdhKey);
  *data_length = 0;
  if (entry == NULL) return PSA_ERROR_INVALID_HANDLE;
  if (data_size < kPublicBytes) return PSA_ERROR_BUFFER_TOO_SMALL;
  copy(data, entry->public_point, kPublicBytes);
  *data_length = kPublicBytes;
  return PSA_SUCCESS;
}

/* The multiplication refuses a point that is not on the curve. It takes the same time for each secret, and blinds it with random
 * numbers. */
static int agree(const struct key* entry, const uint8_t* peer_key, uint8_t* output) {
  mbedtls_ecp_group group;
  mbedtls_mpi secret;
  mbedtls_mpi shared;
  mbedtls_ecp_point point;
  int error = 0;
  mbedtls_ecp_group_init(&group);
  mbedtls_mpi_init(&secret);
  mbedtls_mpi_init(&shared);
  mbedtls_ecp_point_init(&point);
  error = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
  if (error == 0) error = mbedtls_mpi_read_binary(&secret, entry->secret, kPrivateBytes);
  if (error == 0) error = mbedtls_ecp_point_read_binary(&group, &point, peer_key, kPublicBytes);
  if (error == 0) error = mbedtls_ecdh_compute_shared(&group, &shared, &point, &secret, fill_random, NULL);
  if (error == 0) error = mbedtls_mpi_write_binary(&shared, output, kPrivateBytes);
  mbedtls_ecp_point_free(&point);
  mbedtls_mpi_free(&shared);
  mbedtls_mpi_free(&secret);
  mbedtls_ecp_group_free(&group);
  return error;
}

psa_status_t psa_raw_key_agreement(psa_algorithm_t alg, mbedtls_svc_key_id_t private_key, const uint8_t* peer_key,
                                   size_t peer_key_length, uint8_t* output, size_t output_size, size_t* output_length) {
  const struct key* entry = find_of_type(private_key, kEcdhKey);
  int error = 0;
  *output_length = 0;
  if (entry == NULL) return PSA_ERROR_INVALID_HANDLE;
  if (alg != PSA_ALG_ECDH) return PSA_ERROR_NOT_SUPPORTED;
  if (output_size < kPrivateBytes) return PSA_ERROR_BUFFER_TOO_SMALL;
  if (peer_key_length != kPublicBytes || peer_key[0] != kUncompressed) return PSA_ERROR_INVALID_ARGUMENT;
  error = agree(entry, peer_key, output);
  if (error == 0) *output_length = kPrivateBytes;
  return status_of(error);
}

/* --- Named by the library, but never called --- */

/* 0: library/md.c computes hashes of TLS 1.2 and of transcripts itself, and does not call the five functions below. */
int psa_can_do_hash(psa_algorithm_t alg) {
  (void)alg;
  return 0;
}

psa_status_t psa_hash_setup(psa_hash_operation_t* operation, psa_algorithm_t alg) {
  (void)operation;
  (void)alg;
  return PSA_ERROR_NOT_SUPPORTED;
}

psa_status_t psa_hash_update(psa_hash_operation_t* operation, const uint8_t* input, size_t input_length) {
  (void)operation;
  (void)input;
  (void)input_length;
  return PSA_ERROR_NOT_SUPPORTED;
}

// NOLINTNEXTLINE(readability-non-const-parameter): a function of the library.
psa_status_t psa_hash_finish(psa_hash_operation_t* operation, uint8_t* hash, size_t hash_size, size_t* hash_length) {
  (void)operation;
  (void)hash;
  (void)hash_size;
  *hash_length = 0;
  return PSA_ERROR_NOT_SUPPORTED;
}

psa_status_t psa_hash_clone(const psa_hash_operation_t* source, psa_hash_operation_t* target) {
  (void)source;
  (void)target;
  return PSA_ERROR_NOT_SUPPORTED;
}

psa_status_t psa_hash_abort(psa_hash_operation_t* operation) {
  (void)operation;
  return PSA_ERROR_NOT_SUPPORTED;
}

/* Of library/pk.c, with keys of PSA. Only unoptimized programs contain the callers. */
// NOLINTNEXTLINE(readability-non-const-parameter): a function of the library.
psa_status_t psa_export_key(mbedtls_svc_key_id_t key, uint8_t* data, size_t data_size, size_t* data_length) {
  (void)key;
  (void)data;
  (void)data_size;
  *data_length = 0;
  return PSA_ERROR_NOT_PERMITTED;
}

#endif

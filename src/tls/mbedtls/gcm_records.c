/* AES-GCM of whole records with the instructions of x86-64 for AES and for multiplication without carry. The library calls three
 * functions for each block of 16 bytes; this encrypts and authenticates four blocks at once. cipher.c is compiled so that it calls
 * these functions, which leave to the library's what they do not do: other processors, other lengths of nonces, additional data and
 * tags than those of records.
 *
 * As in the library, time does not depend on keys and data, and plaintext that is not authentic is overwritten. */
#include "mbedtls/build_info.h"

#if defined(MBEDTLS_BLOCK_CIPHER_C) && defined(__x86_64__)

#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include <aesni.h>
#include <immintrin.h>
#include <string.h>

#include "mbedtls/gcm.h"
#include "mbedtls/platform_util.h"

enum {
  kBlockBytes = 16,
  kBlocks = 4, /* At once. */
  kBatchBytes = kBlocks * kBlockBytes,
  kNonceBytes = 12,
  kTagBytes = 16,
  kSsse3 = 0x200, /* In the same word as MBEDTLS_AESNI_AES (CPUID 1, ECX). */
};

/* Rows of the context's table. The library uses only the row of H where the processor multiplies without carry. */
enum {
  kPowers = 0,         /* H, H^2, H^3, H^4, as multiply() takes them. */
  kPowersOf = kBlocks, /* The H that they are powers of. */
  kH = MBEDTLS_GCM_HTABLE_SIZE / 2,
};

int mote_gcm_crypt_and_tag(mbedtls_gcm_context* gcm, int mode, size_t size, const uint8_t* nonce, size_t nonce_size,
                           const uint8_t* added, size_t added_size, const uint8_t* from, uint8_t* to, size_t tag_size,
                           uint8_t* tag);
int mote_gcm_auth_decrypt(mbedtls_gcm_context* gcm, size_t size, const uint8_t* nonce, size_t nonce_size,
                          const uint8_t* added, size_t added_size, const uint8_t* tag, size_t tag_size,
                          const uint8_t* from, uint8_t* to);

static __m128i load(const void* from) {
  return _mm_loadu_si128((const __m128i*)from);
}

static void store(void* to, __m128i block) {
  _mm_storeu_si128((__m128i*)to, block);
}

static __m128i load_block(const uint8_t* from, size_t index) {
  return load((const __m128i*)from + index);
}

static void store_block(uint8_t* to, size_t index, __m128i block) {
  store((__m128i*)to + index, block);
}

static void copy(uint8_t* to, const uint8_t* from, size_t size) {
  // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling): memcpy_s does not exist here
  memcpy(to, from, size);
}

static void clear(uint8_t* to, size_t size) {
  // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling): memset_s does not exist here
  memset(to, 0, size);
}

static __m128i reverse(__m128i block) {
  return _mm_shuffle_epi8(block, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

static int equal(__m128i a, __m128i b) {
  return _mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) == 0xffff;
}

/* --- GHASH, computed as POLYVAL (RFC 8452, appendix A), whose products need no shift --- */

static __m128i polynomial(void) {
  return _mm_set_epi64x((long long)0xc200000000000000, 1);
}

/* Times x. */
static __m128i times_x(__m128i block) {
  const __m128i carries = _mm_srli_epi64(block, 63);
  const __m128i top = _mm_sub_epi64(_mm_setzero_si128(), _mm_unpackhi_epi64(carries, carries));
  const __m128i doubled = _mm_or_si128(_mm_slli_epi64(block, 1), _mm_slli_si128(carries, 8));
  return _mm_xor_si128(doubled, _mm_and_si128(top, polynomial()));
}

typedef struct {
  __m128i low;
  __m128i middle;
  __m128i high;
} product;

static product multiply(__m128i a, __m128i b) {
  product result;
  result.low = _mm_clmulepi64_si128(a, b, 0x00);
  result.high = _mm_clmulepi64_si128(a, b, 0x11);
  result.middle = _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01), _mm_clmulepi64_si128(a, b, 0x10));
  return result;
}

/* Times x^-128, modulo the polynomial. */
static __m128i reduce(product value) {
  __m128i low = _mm_xor_si128(value.low, _mm_slli_si128(value.middle, 8));
  const __m128i high = _mm_xor_si128(value.high, _mm_srli_si128(value.middle, 8));
  low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, polynomial(), 0x10));
  low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, polynomial(), 0x10));
  return _mm_xor_si128(high, low);
}

/* The hash after the `count` blocks from `blocks`, at least one and at most kBlocks. */
static __m128i hashed(const mbedtls_gcm_context* gcm, __m128i hash, const uint8_t* blocks, size_t count) {
  product sum = multiply(_mm_xor_si128(hash, reverse(load(blocks))), load(gcm->H[kPowers + count - 1]));
  while (--count != 0) {
    blocks += kBlockBytes;
    const product next = multiply(reverse(load(blocks)), load(gcm->H[kPowers + count - 1]));
    sum.low = _mm_xor_si128(sum.low, next.low);
    sum.middle = _mm_xor_si128(sum.middle, next.middle);
    sum.high = _mm_xor_si128(sum.high, next.high);
  }
  return reduce(sum);
}

static int is_supported(void) {
  return mbedtls_aesni_has_support(MBEDTLS_AESNI_AES) && mbedtls_aesni_has_support(MBEDTLS_AESNI_CLMUL) &&
         mbedtls_aesni_has_support(kSsse3);
}

/* Once for each key. Returns whether the processor has all the instructions. */
static int prepare(mbedtls_gcm_context* gcm) {
  const __m128i h = load(gcm->H[kH]);
  if (equal(h, load(gcm->H[kPowersOf]))) return 1;
  if (!is_supported()) return 0;
  const __m128i first = times_x(reverse(h));
  __m128i power = first;
  store(gcm->H[kPowers], power);
  for (size_t i = 1; i < kBlocks; ++i) {
    power = reduce(multiply(power, first));
    store(gcm->H[kPowers + i], power);
  }
  store(gcm->H[kPowersOf], h);
  return 1;
}

/* --- AES in counter mode --- */

/* The counter is in the last 4 bytes of a block, big-endian. Here it is reversed. */
static __m128i counted(__m128i counter, int more) {
  return _mm_add_epi32(counter, _mm_set_epi32(0, 0, 0, more));
}

static __m128i encrypted(const mbedtls_gcm_context* gcm, __m128i block) {
  const mbedtls_aes_context* aes = &gcm->block_cipher_ctx.ctx.aes;
  const uint32_t* key = aes->buf + aes->rk_offset;
  block = _mm_xor_si128(block, load(key));
  for (int i = 1; i < aes->nr; ++i)
    block = _mm_aesenc_si128(block, load(key += 4));
  return _mm_aesenclast_si128(block, load(key + 4));
}

/* Encrypts or decrypts four blocks. */
static void mask(const mbedtls_gcm_context* gcm, __m128i counter, const uint8_t* from, uint8_t* to) {
  const mbedtls_aes_context* aes = &gcm->block_cipher_ctx.ctx.aes;
  const uint32_t* keys = aes->buf + aes->rk_offset;
  __m128i key = load(keys);
  __m128i a = _mm_xor_si128(reverse(counter), key);
  __m128i b = _mm_xor_si128(reverse(counted(counter, 1)), key);
  __m128i c = _mm_xor_si128(reverse(counted(counter, 2)), key);
  __m128i d = _mm_xor_si128(reverse(counted(counter, 3)), key);
  for (int i = 1; i < aes->nr; ++i) {
    key = load(keys += 4);
    a = _mm_aesenc_si128(a, key);
    b = _mm_aesenc_si128(b, key);
    c = _mm_aesenc_si128(c, key);
    d = _mm_aesenc_si128(d, key);
  }
  key = load(keys + 4);
  a = _mm_xor_si128(_mm_aesenclast_si128(a, key), load_block(from, 0));
  b = _mm_xor_si128(_mm_aesenclast_si128(b, key), load_block(from, 1));
  c = _mm_xor_si128(_mm_aesenclast_si128(c, key), load_block(from, 2));
  d = _mm_xor_si128(_mm_aesenclast_si128(d, key), load_block(from, 3));
  store_block(to, 0, a);
  store_block(to, 1, b);
  store_block(to, 2, c);
  store_block(to, 3, d);
}

/* --- GCM --- */

static size_t blocks_of(size_t bytes) {
  return (bytes + kBlockBytes - 1) / kBlockBytes;
}

/* A block that begins with these bytes; the others are zero. */
static __m128i padded(const uint8_t* bytes, size_t size) {
  uint8_t block[kBlockBytes] = {0};
  copy(block, bytes, size);
  return load(block);
}

static void crypt_record(const mbedtls_gcm_context* gcm, int decrypts, size_t size, const uint8_t* nonce,
                         const uint8_t* added, size_t added_size, const uint8_t* from, uint8_t* to, uint8_t* tag) {
  uint8_t last[kBatchBytes]; /* A batch that is not complete, with zeros. */
  const __m128i lengths = _mm_set_epi64x((long long)added_size * 8, (long long)size * 8);
  __m128i counter = counted(reverse(padded(nonce, kNonceBytes)), 1);
  const __m128i tag_mask = encrypted(gcm, reverse(counter));
  counter = counted(counter, 1);

  __m128i hash = _mm_setzero_si128();
  if (added_size != 0) {
    store(last, padded(added, added_size));
    hash = hashed(gcm, hash, last, 1);
  }
  while (size != 0) {
    const size_t now = size < kBatchBytes ? size : kBatchBytes;
    const uint8_t* in = from;
    uint8_t* out = to;
    if (now < kBatchBytes) {
      for (size_t i = 0; i < kBlocks; ++i)
        store_block(last, i, _mm_setzero_si128());
      copy(last, from, now);
      in = out = last;
    }
    if (decrypts) hash = hashed(gcm, hash, in, blocks_of(now));
    mask(gcm, counter, in, out);
    if (now < kBatchBytes) copy(to, last, now);
    if (!decrypts) {
      if (now < kBatchBytes) clear(last + now, kBatchBytes - now);
      hash = hashed(gcm, hash, out, blocks_of(now));
    }
    counter = counted(counter, kBlocks);
    from += now;
    to += now;
    size -= now;
  }
  store(last, reverse(lengths));
  hash = hashed(gcm, hash, last, 1);
  store(tag, _mm_xor_si128(reverse(hash), tag_mask));
  mbedtls_platform_zeroize(last, sizeof(last));
}

/* The limit of the size is that of the counter, in blocks. */
static int is_record(size_t size, size_t nonce_size, size_t added_size, const uint8_t* from, const uint8_t* to,
                     size_t tag_size) {
  const int overlaps = to > from && (size_t)(to - from) < size;
  return nonce_size == kNonceBytes && tag_size == kTagBytes && added_size <= kBlockBytes && size <= UINT32_MAX &&
         !overlaps;
}

int mote_gcm_crypt_and_tag(mbedtls_gcm_context* gcm, int mode, size_t size, const uint8_t* nonce, size_t nonce_size,
                           const uint8_t* added, size_t added_size, const uint8_t* from, uint8_t* to, size_t tag_size,
                           uint8_t* tag) {
  if (!is_record(size, nonce_size, added_size, from, to, tag_size) || !prepare(gcm))
    return mbedtls_gcm_crypt_and_tag(gcm, mode, size, nonce, nonce_size, added, added_size, from, to, tag_size, tag);
  crypt_record(gcm, mode == MBEDTLS_GCM_DECRYPT, size, nonce, added, added_size, from, to, tag);
  return 0;
}

int mote_gcm_auth_decrypt(mbedtls_gcm_context* gcm, size_t size, const uint8_t* nonce, size_t nonce_size,
                          const uint8_t* added, size_t added_size, const uint8_t* tag, size_t tag_size,
                          const uint8_t* from, uint8_t* to) {
  uint8_t expected[kTagBytes];
  if (!is_record(size, nonce_size, added_size, from, to, tag_size) || !prepare(gcm))
    return mbedtls_gcm_auth_decrypt(gcm, size, nonce, nonce_size, added, added_size, tag, tag_size, from, to);
  crypt_record(gcm, 1, size, nonce, added, added_size, from, to, expected);
  if (equal(load(tag), load(expected))) return 0;
  mbedtls_platform_zeroize(to, size);
  return MBEDTLS_ERR_GCM_AUTH_FAILED;
}

#endif

// AES-GCM of records (src/tls/mbedtls/gcm_records.c), compared with the library's GCM.
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "mbedtls/cipher.h"
#include "mbedtls/gcm.h"
#include "support/cmocka_test.h"
#include "tls/memory.h"

namespace {

using ByteVector = std::vector<std::uint8_t>;

constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kAddedBytes = 5;  // A record's header.

int take_memory(void**) {
  static ByteVector pool(std::size_t{16} * 1024);
  return mote::tls::take_memory(pool, {}) ? 0 : 1;
}

// Bytes that look random: the same for the same seed.
ByteVector bytes_of(std::size_t size, std::uint32_t seed) {
  ByteVector bytes(size);
  std::uint32_t state = seed * 2654435761U + 1;
  for (std::uint8_t& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<std::uint8_t>(state >> 24U);
  }
  return bytes;
}

// One key of the layer that TLS calls, and of the library's GCM.
class Keys {
 public:
  explicit Keys(const ByteVector& key) {
    const int bits = static_cast<int>(key.size() * 8);
    mbedtls_cipher_init(&records_);
    mbedtls_gcm_init(&library_);
    assert_int_equal(
        mbedtls_cipher_setup(&records_, mbedtls_cipher_info_from_values(MBEDTLS_CIPHER_ID_AES, bits, MBEDTLS_MODE_GCM)),
        0);
    set(key);
  }
  ~Keys() {
    mbedtls_cipher_free(&records_);
    mbedtls_gcm_free(&library_);
  }
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  void set(const ByteVector& key) {
    const int bits = static_cast<int>(key.size() * 8);
    assert_int_equal(mbedtls_cipher_setkey(&records_, key.data(), bits, MBEDTLS_ENCRYPT), 0);
    assert_int_equal(mbedtls_gcm_setkey(&library_, MBEDTLS_CIPHER_ID_AES, key.data(), static_cast<unsigned int>(bits)),
                     0);
  }

  // What the library makes of it, with the tag at the end.
  ByteVector expected(const ByteVector& nonce, const ByteVector& added, const ByteVector& plain) {
    ByteVector sealed(plain.size() + kTagBytes);
    assert_int_equal(mbedtls_gcm_crypt_and_tag(&library_, MBEDTLS_GCM_ENCRYPT, plain.size(), nonce.data(), nonce.size(),
                                               added.data(), added.size(), plain.data(), sealed.data(), kTagBytes,
                                               sealed.data() + plain.size()),
                     0);
    return sealed;
  }

  // In place, as TLS does it, `at` bytes behind the begin of the memory.
  ByteVector seal(const ByteVector& nonce, const ByteVector& added, const ByteVector& plain, std::size_t at = 0) {
    ByteVector buffer(at + plain.size() + kTagBytes);
    std::copy(plain.begin(), plain.end(), buffer.data() + at);
    std::size_t size = 0;
    assert_int_equal(mbedtls_cipher_auth_encrypt_ext(&records_, nonce.data(), nonce.size(), added.data(), added.size(),
                                                     buffer.data() + at, plain.size(), buffer.data() + at,
                                                     buffer.size() - at, &size, kTagBytes),
                     0);
    assert_int_equal(size, plain.size() + kTagBytes);
    return {buffer.data() + at, buffer.data() + buffer.size()};
  }

  // The result, and the plaintext in the place of `sealed`.
  int open(const ByteVector& nonce, const ByteVector& added, ByteVector& sealed) {
    std::size_t size = 0;
    return mbedtls_cipher_auth_decrypt_ext(&records_, nonce.data(), nonce.size(), added.data(), added.size(),
                                           sealed.data(), sealed.size(), sealed.data(), sealed.size(), &size,
                                           kTagBytes);
  }

 private:
  mbedtls_cipher_context_t records_{};
  mbedtls_gcm_context library_{};
};

void compare(Keys& keys, const ByteVector& nonce, const ByteVector& added, const ByteVector& plain, std::size_t at) {
  const ByteVector expected = keys.expected(nonce, added, plain);
  assert_true(keys.seal(nonce, added, plain, at) == expected);
  ByteVector opened = expected;
  assert_int_equal(keys.open(nonce, added, opened), 0);
  assert_true(std::equal(plain.begin(), plain.end(), opened.begin()));
}

void test_every_size_gives_the_bytes_of_the_library(void**) {
  constexpr std::size_t kMost = 600;
  std::uint32_t seed = 0;
  for (const std::size_t key_bytes : {16U, 24U, 32U}) {
    Keys keys(bytes_of(key_bytes, ++seed));
    for (std::size_t size = 0; size <= kMost; ++size) {
      ++seed;
      compare(keys, bytes_of(12, seed), bytes_of(kAddedBytes, seed), bytes_of(size, seed), size % 17);
    }
    compare(keys, bytes_of(12, seed), bytes_of(kAddedBytes, seed), bytes_of(16384 + 1, seed), 0);
  }
}

// Lengths that no record has are left to the library.
void test_every_size_of_nonces_and_additional_data(void**) {
  Keys keys(bytes_of(16, 1));
  for (std::uint32_t size = 0; size <= 40; ++size)
    compare(keys, bytes_of(12, size), bytes_of(size, size), bytes_of(100, size), 0);
  for (std::uint32_t size = 1; size <= 40; ++size)
    compare(keys, bytes_of(size, size), bytes_of(kAddedBytes, size), bytes_of(100, size), 0);
}

void test_a_known_answer(void**) {
  // Test case 3 of McGrew and Viega, "The Galois/Counter Mode of Operation".
  const ByteVector key = {0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c,
                          0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08};
  const ByteVector nonce = {0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88};
  const ByteVector plain = {0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5, 0xaf,
                            0xf5, 0x26, 0x9a, 0x86, 0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda, 0x2e, 0x4c,
                            0x30, 0x3d, 0x8a, 0x31, 0x8a, 0x72, 0x1c, 0x3c, 0x0c, 0x95, 0x95, 0x68, 0x09,
                            0x53, 0x2f, 0xcf, 0x0e, 0x24, 0x49, 0xa6, 0xb5, 0x25, 0xb1, 0x6a, 0xed, 0xf5,
                            0xaa, 0x0d, 0xe6, 0x57, 0xba, 0x63, 0x7b, 0x39, 0x1a, 0xaf, 0xd2, 0x55};
  const ByteVector tag = {0x4d, 0x5c, 0x2a, 0xf3, 0x27, 0xcd, 0x64, 0xa6,
                          0x2c, 0xf3, 0x5a, 0xbd, 0x2b, 0xa6, 0xfa, 0xb4};
  Keys keys(key);
  const ByteVector sealed = keys.seal(nonce, {}, plain);
  assert_true(std::equal(tag.begin(), tag.end(), sealed.end() - kTagBytes));
  assert_int_equal(sealed[0], 0x42);
}

// A changed bit anywhere: nothing of the plaintext is left.
void test_what_is_not_authentic_is_overwritten(void**) {
  const ByteVector nonce = bytes_of(12, 2);
  const ByteVector added = bytes_of(kAddedBytes, 3);
  Keys keys(bytes_of(16, 4));
  for (const std::size_t size : {0U, 1U, 15U, 16U, 63U, 64U, 65U, 200U}) {
    const ByteVector sealed = keys.seal(nonce, added, bytes_of(size, 5));
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
      ByteVector changed = sealed;
      changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1U << bit % 8);
      assert_int_equal(keys.open(nonce, added, changed), MBEDTLS_ERR_CIPHER_AUTH_FAILED);
      assert_true(std::all_of(changed.begin(), changed.begin() + static_cast<std::ptrdiff_t>(size),
                              [](std::uint8_t byte) { return byte == 0; }));
    }
    ByteVector other = sealed;
    assert_int_equal(keys.open(nonce, bytes_of(kAddedBytes, 6), other), MBEDTLS_ERR_CIPHER_AUTH_FAILED);
  }
}

// Keys of tickets are replaced in the same context.
void test_a_second_key_in_the_same_context(void**) {
  Keys keys(bytes_of(16, 7));
  compare(keys, bytes_of(12, 8), bytes_of(kAddedBytes, 8), bytes_of(100, 8), 0);
  keys.set(bytes_of(16, 9));
  compare(keys, bytes_of(12, 8), bytes_of(kAddedBytes, 8), bytes_of(100, 8), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_every_size_gives_the_bytes_of_the_library),
      cmocka_unit_test(test_every_size_of_nonces_and_additional_data),
      cmocka_unit_test(test_a_known_answer),
      cmocka_unit_test(test_what_is_not_authentic_is_overwritten),
      cmocka_unit_test(test_a_second_key_in_the_same_context),
  };
  return cmocka_run_group_tests(tests, take_memory, nullptr);
}

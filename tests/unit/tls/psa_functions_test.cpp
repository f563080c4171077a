// The functions of PSA that TLS 1.3 of mbedTLS calls (src/tls/mbedtls/psa_functions.c).
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "psa/crypto.h"
#include "support/cmocka_test.h"
#include "tls/memory.h"
#include "tls/random.h"

namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::size_t kHashBytes = 32;

Octets octets(std::string_view digits) {
  Octets result;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    result.push_back(static_cast<std::uint8_t>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  return result;
}

void assert_same(const Octets& left, const Octets& right) {
  assert_int_equal(left.size(), right.size());
  assert_memory_equal(left.data(), right.data(), left.size());
}

Octets derived(psa_algorithm_t algorithm, psa_key_derivation_step_t first_step, const Octets& first,
               psa_key_derivation_step_t second_step, const Octets& second, std::size_t size) {
  psa_key_derivation_operation_t operation = PSA_KEY_DERIVATION_OPERATION_INIT;
  Octets output(size);
  assert_int_equal(psa_key_derivation_setup(&operation, algorithm), PSA_SUCCESS);
  assert_int_equal(psa_key_derivation_input_bytes(&operation, first_step, first.data(), first.size()), PSA_SUCCESS);
  assert_int_equal(psa_key_derivation_input_bytes(&operation, second_step, second.data(), second.size()), PSA_SUCCESS);
  assert_int_equal(psa_key_derivation_output_bytes(&operation, output.data(), size), PSA_SUCCESS);
  assert_int_equal(psa_key_derivation_abort(&operation), PSA_SUCCESS);
  return output;
}

// RFC 5869, test case 1.
void test_hkdf_has_the_values_of_the_rfc(void**) {
  const Octets key(22, 0x0b);
  const Octets extracted =
      derived(PSA_ALG_HKDF_EXTRACT(PSA_ALG_SHA_256), PSA_KEY_DERIVATION_INPUT_SALT,
              octets("000102030405060708090a0b0c"), PSA_KEY_DERIVATION_INPUT_SECRET, key, kHashBytes);
  assert_same(extracted, octets("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"));
  const Octets expanded = derived(PSA_ALG_HKDF_EXPAND(PSA_ALG_SHA_256), PSA_KEY_DERIVATION_INPUT_SECRET, extracted,
                                  PSA_KEY_DERIVATION_INPUT_INFO, octets("f0f1f2f3f4f5f6f7f8f9"), 42);
  assert_same(expanded, octets("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"));
}

void test_hkdf_refuses_what_tls_does_not_ask_for(void**) {
  const Octets long_salt(PSA_HASH_MAX_SIZE + 1);
  Octets output(kHashBytes + 1);
  psa_key_derivation_operation_t operation = PSA_KEY_DERIVATION_OPERATION_INIT;
  assert_int_equal(psa_key_derivation_output_bytes(&operation, output.data(), 1), PSA_ERROR_BAD_STATE);
  assert_int_equal(psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_SALT, output.data(), 1),
                   PSA_ERROR_BAD_STATE);
  assert_int_equal(psa_key_derivation_setup(&operation, PSA_ALG_HKDF(PSA_ALG_SHA_256)), PSA_ERROR_NOT_SUPPORTED);
  assert_int_equal(psa_key_derivation_setup(&operation, PSA_ALG_HKDF_EXTRACT(PSA_ALG_MD5)), PSA_ERROR_NOT_SUPPORTED);

  assert_int_equal(psa_key_derivation_setup(&operation, PSA_ALG_HKDF_EXTRACT(PSA_ALG_SHA_256)), PSA_SUCCESS);
  assert_int_equal(psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_INFO, output.data(), 1),
                   PSA_ERROR_INVALID_ARGUMENT);
  assert_int_equal(
      psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_SALT, long_salt.data(), long_salt.size()),
      PSA_ERROR_INVALID_ARGUMENT);
  // The salt is no secret.
  assert_int_equal(psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_SALT, long_salt.data(), 32),
                   PSA_SUCCESS);
  assert_int_equal(psa_key_derivation_output_bytes(&operation, output.data(), 32), PSA_ERROR_BAD_STATE);
  assert_int_equal(psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_SECRET, output.data(), 32),
                   PSA_SUCCESS);
  assert_int_equal(psa_key_derivation_output_bytes(&operation, output.data(), output.size()),
                   PSA_ERROR_INSUFFICIENT_DATA);
  psa_key_derivation_abort(&operation);
  assert_int_equal(psa_key_derivation_output_bytes(&operation, output.data(), 32), PSA_ERROR_BAD_STATE);

  assert_int_equal(psa_key_derivation_setup(&operation, PSA_ALG_HKDF_EXPAND(PSA_ALG_SHA_256)), PSA_SUCCESS);
  assert_int_equal(psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_SALT, output.data(), 1),
                   PSA_ERROR_INVALID_ARGUMENT);
  const Octets long_info(1024);
  assert_int_equal(
      psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_INFO, long_info.data(), long_info.size()),
      PSA_ERROR_INVALID_ARGUMENT);
  // A secret that is shorter than the hash.
  assert_int_equal(psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_SECRET, output.data(), 31),
                   PSA_SUCCESS);
  assert_int_equal(psa_key_derivation_output_bytes(&operation, output.data(), 32), PSA_ERROR_INVALID_ARGUMENT);
  psa_key_derivation_abort(&operation);
}

void test_one_derivation_at_a_time(void**) {
  const Octets secret = octets("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  Octets output(42);
  psa_key_derivation_operation_t first = PSA_KEY_DERIVATION_OPERATION_INIT;
  psa_key_derivation_operation_t second = PSA_KEY_DERIVATION_OPERATION_INIT;
  assert_int_equal(psa_key_derivation_setup(&first, PSA_ALG_HKDF_EXPAND(PSA_ALG_SHA_256)), PSA_SUCCESS);
  assert_int_equal(
      psa_key_derivation_input_bytes(&first, PSA_KEY_DERIVATION_INPUT_SECRET, secret.data(), secret.size()),
      PSA_SUCCESS);
  assert_int_equal(psa_key_derivation_setup(&second, PSA_ALG_HKDF_EXPAND(PSA_ALG_SHA_256)), PSA_ERROR_BAD_STATE);
  assert_int_equal(psa_key_derivation_output_bytes(&second, output.data(), 1), PSA_ERROR_BAD_STATE);
  assert_int_equal(psa_key_derivation_abort(&second), PSA_SUCCESS);
  const Octets info = octets("f0f1f2f3f4f5f6f7f8f9");
  assert_int_equal(psa_key_derivation_input_bytes(&first, PSA_KEY_DERIVATION_INPUT_INFO, info.data(), info.size()),
                   PSA_SUCCESS);
  assert_int_equal(psa_key_derivation_output_bytes(&first, output.data(), output.size()), PSA_SUCCESS);
  assert_same(output, octets("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"));
  assert_int_equal(psa_key_derivation_abort(&first), PSA_SUCCESS);
}

// HKDF-Expand-Label of RFC 8446 7.1.
Octets expanded_label(const Octets& secret, std::string_view label, const Octets& context) {
  const std::string prefixed = "tls13 " + std::string(label);
  Octets info = {0, kHashBytes, static_cast<std::uint8_t>(prefixed.size())};
  info.insert(info.end(), prefixed.begin(), prefixed.end());
  info.push_back(static_cast<std::uint8_t>(context.size()));
  info.insert(info.end(), context.begin(), context.end());
  return derived(PSA_ALG_HKDF_EXPAND(PSA_ALG_SHA_256), PSA_KEY_DERIVATION_INPUT_SECRET, secret,
                 PSA_KEY_DERIVATION_INPUT_INFO, info, kHashBytes);
}

Octets extracted(const Octets& salt, const Octets& secret) {
  return derived(PSA_ALG_HKDF_EXTRACT(PSA_ALG_SHA_256), PSA_KEY_DERIVATION_INPUT_SALT, salt,
                 PSA_KEY_DERIVATION_INPUT_SECRET, secret, kHashBytes);
}

// The key schedule of RFC 8448, 3.
void test_secrets_of_a_handshake_have_the_values_of_the_rfc(void**) {
  const Octets zeros(kHashBytes);
  const Octets early = extracted({}, zeros);
  assert_same(early, octets("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a"));
  Octets empty_hash(kHashBytes);
  std::size_t size = 0;
  assert_int_equal(psa_hash_compute(PSA_ALG_SHA_256, nullptr, 0, empty_hash.data(), empty_hash.size(), &size),
                   PSA_SUCCESS);
  const Octets salt = expanded_label(early, "derived", empty_hash);
  assert_same(salt, octets("6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba"));
  const Octets handshake = extracted(salt, octets("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d"));
  assert_same(handshake, octets("1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac"));

  const Octets finished_key =
      expanded_label(octets("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"), "finished", Octets());
  assert_same(finished_key, octets("008d3b66f816ea559f96b537e885c31fc068bf492c652f01f288a1d8cdc19fc8"));
}

// RFC 4231, test case 2, and FIPS 180-4 for the hash.
void test_hmac_and_hash_have_known_values(void**) {
  const std::string_view secret = "Jefe";
  const std::string_view text = "what do ya want for nothing?";
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
  mbedtls_svc_key_id_t key = 0;
  assert_int_equal(
      psa_import_key(&attributes, reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size(), &key),
      PSA_SUCCESS);
  Octets mac(kHashBytes);
  std::size_t size = 0;
  assert_int_equal(
      psa_mac_compute(key, PSA_ALG_HMAC(PSA_ALG_SHA_256), bytes, text.size(), mac.data(), mac.size(), &size),
      PSA_SUCCESS);
  assert_int_equal(size, kHashBytes);
  assert_same(mac, octets("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));

  assert_int_equal(
      psa_mac_compute(key, PSA_ALG_HMAC(PSA_ALG_SHA_256), bytes, text.size(), mac.data(), mac.size() - 1, &size),
      PSA_ERROR_BUFFER_TOO_SMALL);
  assert_int_equal(psa_mac_compute(key, PSA_ALG_CMAC, bytes, text.size(), mac.data(), mac.size(), &size),
                   PSA_ERROR_NOT_SUPPORTED);
  assert_int_equal(psa_export_public_key(key, mac.data(), mac.size(), &size), PSA_ERROR_INVALID_HANDLE);
  assert_int_equal(psa_destroy_key(key), PSA_SUCCESS);
  assert_int_equal(
      psa_mac_compute(key, PSA_ALG_HMAC(PSA_ALG_SHA_256), bytes, text.size(), mac.data(), mac.size(), &size),
      PSA_ERROR_INVALID_HANDLE);

  assert_int_equal(psa_hash_compute(PSA_ALG_SHA_256, bytes, 0, mac.data(), mac.size(), &size), PSA_SUCCESS);
  assert_same(mac, octets("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  assert_int_equal(psa_hash_compute(PSA_ALG_SHA_256, bytes, 0, mac.data(), mac.size() - 1, &size),
                   PSA_ERROR_BUFFER_TOO_SMALL);
  assert_int_equal(psa_hash_compute(PSA_ALG_MD5, bytes, 0, mac.data(), mac.size(), &size), PSA_ERROR_NOT_SUPPORTED);
}

psa_key_attributes_t p256() {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
  psa_set_key_bits(&attributes, 256);
  return attributes;
}

struct Pair {
  Pair() {
    const psa_key_attributes_t attributes = p256();
    assert_int_equal(psa_generate_key(&attributes, &key), PSA_SUCCESS);
    std::size_t size = 0;
    assert_int_equal(psa_export_public_key(key, point.data(), point.size(), &size), PSA_SUCCESS);
    assert_int_equal(size, point.size());
  }
  psa_status_t agree(const Octets& peer) {
    std::size_t size = 0;
    return psa_raw_key_agreement(PSA_ALG_ECDH, key, peer.data(), peer.size(), shared.data(), shared.size(), &size);
  }
  mbedtls_svc_key_id_t key = 0;
  Octets point = Octets(65);
  Octets shared = Octets(kHashBytes);
};

void test_two_ends_agree_on_a_key(void**) {
  const std::size_t used = mote::tls::pool_use().now;
  Pair server;
  Pair client;
  assert_int_not_equal(server.key, client.key);
  assert_true(server.point != client.point);
  assert_int_equal(server.agree(client.point), PSA_SUCCESS);
  assert_int_equal(client.agree(server.point), PSA_SUCCESS);
  assert_same(server.shared, client.shared);
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  assert_int_equal(psa_get_key_attributes(server.key, &attributes), PSA_SUCCESS);
  assert_int_equal(psa_get_key_bits(&attributes), 256);
  psa_reset_key_attributes(&attributes);
  assert_int_equal(psa_get_key_bits(&attributes), 0);
  std::size_t size = 1;
  assert_int_equal(psa_export_key(server.key, server.shared.data(), server.shared.size(), &size),
                   PSA_ERROR_NOT_PERMITTED);
  assert_int_equal(size, 0);

  // The first of the list is the last that was made.
  assert_int_equal(psa_destroy_key(server.key), PSA_SUCCESS);
  assert_int_equal(psa_destroy_key(server.key), PSA_ERROR_INVALID_HANDLE);
  assert_int_equal(client.agree(server.point), PSA_SUCCESS);
  assert_int_equal(psa_destroy_key(client.key), PSA_SUCCESS);
  assert_int_equal(psa_destroy_key(0), PSA_SUCCESS);
  assert_int_equal(psa_get_key_attributes(client.key, &attributes), PSA_ERROR_INVALID_HANDLE);
  assert_int_equal(client.agree(server.point), PSA_ERROR_INVALID_HANDLE);
  assert_int_equal(mote::tls::pool_use().now, used);
}

void test_points_that_are_none_are_refused(void**) {
  const std::size_t used = mote::tls::pool_use().now;
  Pair pair;
  Octets off_curve = pair.point;
  off_curve.back() ^= 1U;
  assert_int_equal(pair.agree(off_curve), PSA_ERROR_INVALID_ARGUMENT);
  Octets compressed(pair.point.begin(), pair.point.begin() + 33);
  compressed[0] = 2;
  assert_int_equal(pair.agree(compressed), PSA_ERROR_INVALID_ARGUMENT);
  assert_int_equal(pair.agree({}), PSA_ERROR_INVALID_ARGUMENT);
  assert_int_equal(pair.agree({0}), PSA_ERROR_INVALID_ARGUMENT);
  Octets too_large(65, 0xff);
  too_large[0] = 4;
  assert_int_equal(pair.agree(too_large), PSA_ERROR_INVALID_ARGUMENT);
  for (int i = 0; i < 20; ++i) {
    Octets random(65, 4);
    mote::tls::fill_random(nullptr, random.data() + 1, random.size() - 1);
    assert_int_equal(pair.agree(random), PSA_ERROR_INVALID_ARGUMENT);
  }
  Octets hybrid = pair.point;
  hybrid[0] = 6;
  assert_int_equal(pair.agree(hybrid), PSA_ERROR_INVALID_ARGUMENT);
  assert_int_equal(psa_destroy_key(pair.key), PSA_SUCCESS);
  assert_int_equal(mote::tls::pool_use().now, used);
}

void test_other_curves_and_keys_are_refused(void**) {
  mbedtls_svc_key_id_t key = 1;
  psa_key_attributes_t attributes = p256();
  psa_set_key_bits(&attributes, 384);
  assert_int_equal(psa_generate_key(&attributes, &key), PSA_ERROR_NOT_SUPPORTED);
  assert_int_equal(key, 0);
  psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
  psa_set_key_bits(&attributes, 256);
  assert_int_equal(psa_generate_key(&attributes, &key), PSA_ERROR_NOT_SUPPORTED);
  const Octets secret(PSA_HASH_MAX_SIZE + 1);
  assert_int_equal(psa_import_key(&attributes, secret.data(), 16, &key), PSA_ERROR_NOT_SUPPORTED);
  psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
  assert_int_equal(psa_import_key(&attributes, secret.data(), secret.size(), &key), PSA_ERROR_NOT_SUPPORTED);
}

// A pool that is filled does not lose memory when a key cannot be made.
void test_keys_without_memory_are_refused(void**) {
  std::vector<mbedtls_svc_key_id_t> all;
  const std::size_t used = mote::tls::pool_use().now;
  const psa_key_attributes_t attributes = p256();
  mbedtls_svc_key_id_t key = 0;
  psa_status_t status = PSA_SUCCESS;
  while ((status = psa_generate_key(&attributes, &key)) == PSA_SUCCESS)
    all.push_back(key);
  assert_int_equal(status, PSA_ERROR_INSUFFICIENT_MEMORY);
  assert_int_equal(key, 0);
  assert_true(all.size() > 2);
  for (const mbedtls_svc_key_id_t one : all)
    assert_int_equal(psa_destroy_key(one), PSA_SUCCESS);
  assert_int_equal(mote::tls::pool_use().now, used);
}

int take_memory(void**) {
  static std::vector<std::uint8_t> pool(16 * std::size_t{1024});
  static std::vector<std::uint8_t> places(mote::tls::record_place_bytes());
  return mote::tls::take_memory(pool, places) ? 0 : 1;
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_hkdf_has_the_values_of_the_rfc),
      cmocka_unit_test(test_hkdf_refuses_what_tls_does_not_ask_for),
      cmocka_unit_test(test_one_derivation_at_a_time),
      cmocka_unit_test(test_secrets_of_a_handshake_have_the_values_of_the_rfc),
      cmocka_unit_test(test_hmac_and_hash_have_known_values),
      cmocka_unit_test(test_two_ends_agree_on_a_key),
      cmocka_unit_test(test_points_that_are_none_are_refused),
      cmocka_unit_test(test_other_curves_and_keys_are_refused),
      cmocka_unit_test(test_keys_without_memory_are_refused),
  };
  return cmocka_run_group_tests(tests, take_memory, nullptr);
}

#include "grpc_http2/binary_metadata.h"

#include <optional>
#include <string>

#include "support/cmocka_test.h"
#include "support/seed.h"
#include "support/written.h"

using mote::test::pick;
using mote::test::written;
using namespace mote;
using namespace mote::grpc_http2;

namespace {

std::string encoded(std::string_view bytes) {
  std::string text =
      written([bytes](ByteWriter& out) { base64_encode(out, as_bytes(bytes)); }, base64_encoded_size(bytes.size()))
          .value();
  assert_int_equal(text.size(), base64_encoded_size(bytes.size()));
  return text;
}

// Nothing for bad text. In exactly the room that base64_decoded_size() asks for.
std::optional<std::string> decoded(std::string_view text) {
  bool good = false;
  auto bytes = written([&](ByteWriter& out) { good = base64_decode(text, out); }, base64_decoded_size(text));
  if (!good) return std::nullopt;
  assert_true(bytes.has_value());
  assert_int_equal(bytes->size(), base64_decoded_size(text));
  return bytes;
}

constexpr struct {
  std::string_view bytes;
  std::string_view plain;
  std::string_view padded;
} kVectors[] = {
    {"", "", ""},
    {"f", "Zg", "Zg=="},
    {"fo", "Zm8", "Zm8="},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg", "Zm9vYg=="},
    {"fooba", "Zm9vYmE", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "+/+/", "+/+/"},
};

// RFC 4648 10, and the two last characters of the alphabet.
void encodes_the_vectors_of_the_rfc(void**) {
  for (const auto& vector : kVectors)
    assert_string_equal(encoded(vector.bytes).c_str(), vector.plain.data());
}

// The last group of fewer than three bytes is filled up with zeros, not with what is behind it.
void encodes_nothing_behind_the_bytes(void**) {
  constexpr std::string_view kText = "fooo";
  assert_string_equal(encoded(kText.substr(0, 1)).c_str(), "Zg");
  assert_string_equal(encoded(kText.substr(0, 2)).c_str(), "Zm8");
}

// PROTOCOL-HTTP2.md: "must accept padded and un-padded values".
void decodes_with_and_without_padding(void**) {
  for (const auto& vector : kVectors) {
    assert_true(decoded(vector.plain) == std::string(vector.bytes));
    assert_true(decoded(vector.padded) == std::string(vector.bytes));
  }
}

// RFC 4648 3.3: every position of a group, every character.
void refuses_what_is_not_of_the_alphabet(void**) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t size = 2; size <= 8; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (unsigned c = 0; c < 256; ++c) {
        if (size % 4 == 1 || c == '=') continue;
        std::string text(size, 'A');
        text[at] = static_cast<char>(c);
        const bool good = kAlphabet.find(static_cast<char>(c)) != std::string_view::npos;
        assert_int_equal(decoded(text).has_value(), good);
      }
    }
  }
}

// RFC 4648 3.2: padding fills the last group up, or is not there.
void refuses_padding_elsewhere(void**) {
  for (std::string_view text : {"=", "==", "===", "====", "A=", "A==", "A===", "AA=", "AAA==", "AAAA=", "AAAA==",
                                "AAAA====", "A=AA", "=AAA", "AA=A", "Zg==Zg==", "Zm8=Zm8=", "AA==="}) {
    assert_false(decoded(text).has_value());
  }
}

void refuses_a_lone_last_character(void**) {
  assert_false(decoded("A").has_value());
  assert_false(decoded("AAAAA").has_value());
}

// RFC 4648 3.5 leaves it to the decoder.
void spare_bits_are_ignored(void**) {
  assert_true(decoded("Zh") == "f");
  assert_true(decoded("Zm9=") == "fo");
}

void text_that_does_not_fit_overflows(void**) {
  for (std::string_view text : {"Zg", "Zm8", "Zm9v", "Zm9vYg=="}) {
    bool good = false;
    const std::size_t size = base64_decoded_size(text);
    assert_false(written([&](ByteWriter& out) { good = base64_decode(text, out); }, size - 1).has_value());
    assert_true(good);
  }
  assert_false(written([](ByteWriter& out) { base64_encode(out, as_bytes("f")); }, 1).has_value());
}

void every_byte_survives_at_every_place(void**) {
  for (std::size_t size = 1; size <= 4; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (unsigned c = 0; c < 256; ++c) {
        std::string bytes(size, '\x5a');
        bytes[at] = static_cast<char>(c);
        assert_true(decoded(encoded(bytes)) == bytes);
      }
    }
  }
}

void any_bytes_can_be_encoded_and_decoded(void**) {
  std::mt19937 random = mote::test::seeded_random();
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(pick(random, 60), ' ');
    for (char& c : bytes)
      c = static_cast<char>(pick(random, 255));
    std::string text = encoded(bytes);
    assert_true(decoded(text) == bytes);
    while (text.size() % 4 != 0)
      text += '=';
    assert_true(decoded(text) == bytes);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(encodes_the_vectors_of_the_rfc),
      cmocka_unit_test(encodes_nothing_behind_the_bytes),
      cmocka_unit_test(decodes_with_and_without_padding),
      cmocka_unit_test(refuses_what_is_not_of_the_alphabet),
      cmocka_unit_test(refuses_padding_elsewhere),
      cmocka_unit_test(refuses_a_lone_last_character),
      cmocka_unit_test(spare_bits_are_ignored),
      cmocka_unit_test(text_that_does_not_fit_overflows),
      cmocka_unit_test(every_byte_survives_at_every_place),
      cmocka_unit_test(any_bytes_can_be_encoded_and_decoded),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

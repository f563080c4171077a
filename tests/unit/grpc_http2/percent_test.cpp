#include "grpc_http2/percent.h"

#include <string>

#include "http2/field_characters.h"
#include "support/cmocka_test.h"
#include "support/seed.h"
#include "support/written.h"

using mote::test::pick;
using mote::test::written;
using namespace mote;
using namespace mote::grpc_http2;
using namespace mote::http2;

namespace {

std::string encoded(std::string_view text) {
  return written([text](ByteWriter& out) { percent_encode(out, text); }, percent_encoded_size(text)).value();
}

// In exactly the room that percent_decoded_size() asks for.
std::string decoded(std::string_view text) {
  std::string result =
      written([text](ByteWriter& out) { percent_decode(text, out); }, percent_decoded_size(text)).value();
  assert_int_equal(result.size(), percent_decoded_size(text));
  return result;
}

// PROTOCOL-HTTP2.md, "Percent-Byte-Unencoded": 0x20 to 0x24 and 0x26 to 0x7e. The space is here neither first nor last.
void only_plain_characters_stay(void**) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (unsigned c = 0; c < 256; ++c) {
    const std::string text{'<', static_cast<char>(c), '>'};
    const bool stays = (c >= 0x20 && c <= 0x24) || (c >= 0x26 && c <= 0x7e);
    const std::string expected = stays ? text : std::string{'<', '%', kDigits[c / 16], kDigits[c % 16], '>'};
    assert_string_equal(encoded(text).c_str(), expected.c_str());
    assert_int_equal(percent_encoded_size(text), expected.size());
    assert_true(decoded(expected) == text);
  }
}

void encodes_messages(void**) {
  assert_string_equal(encoded("").c_str(), "");
  assert_string_equal(encoded("unknown method /echo.Echo/No").c_str(), "unknown method /echo.Echo/No");
  assert_string_equal(encoded("100% of it\r\n").c_str(), "100%25 of it%0D%0A");
  assert_string_equal(encoded("caf\xc3\xa9").c_str(), "caf%C3%A9");
}

// RFC 9113 8.2.1: a field value neither begins nor ends with a space or tab.
void whitespace_at_the_ends_is_encoded(void**) {
  assert_string_equal(encoded("failed: ").c_str(), "failed:%20");
  assert_string_equal(encoded(" failed").c_str(), "%20failed");
  assert_string_equal(encoded(" ").c_str(), "%20");
  assert_string_equal(encoded("  ").c_str(), "%20%20");
  assert_string_equal(encoded("   ").c_str(), "%20 %20");
  assert_string_equal(encoded("\ta b\t").c_str(), "%09a b%09");
  assert_string_equal(encoded("a  ").c_str(), "a %20");
  for (std::string_view text : {"failed: ", " failed", " ", "  ", "   ", "\ta b\t", "a  "}) {
    assert_true(value_allowed(encoded(text)));
    assert_int_equal(percent_encoded_size(text), encoded(text).size());
    assert_true(decoded(encoded(text)) == text);
  }
}

// Nothing of a message is trimmed when it is read.
void unencoded_whitespace_is_kept(void**) {
  for (std::string_view text : {"failed: ", " failed", " ", "\t"})
    assert_true(decoded(text) == text);
}

void decodes_lower_case_too(void**) {
  assert_string_equal(decoded("caf%c3%a9%2F%2f").c_str(), "caf\xc3\xa9//");
}

// PROTOCOL-HTTP2.md, "Status-Message": an invalid value must neither be an error nor be thrown away.
void invalid_escapes_are_unchanged(void**) {
  for (std::string_view text : {"%", "%%", "%4", "%4%", "a%", "a%2", "%zz", "%2g", "%g2", "%/0", "%:0", "%@0", "%`0",
                                "% 1", "%-1", "%0x", "\x80\xff", "a b"}) {
    assert_true(decoded(text) == text);
  }
}

void invalid_escapes_do_not_affect_valid_ones(void**) {
  assert_string_equal(decoded("%%41").c_str(), "%A");
  assert_string_equal(decoded("%4%41").c_str(), "%4A");
  assert_string_equal(decoded("%zz%41%").c_str(), "%zzA%");
  assert_string_equal(decoded("%2541").c_str(), "%41");
}

void text_that_does_not_fit_overflows(void**) {
  assert_false(written([](ByteWriter& out) { percent_encode(out, "ab\n"); }, 4).has_value());
  assert_false(written([](ByteWriter& out) { percent_encode(out, "ab"); }, 1).has_value());
  assert_false(written([](ByteWriter& out) { percent_decode("%41b", out); }, 1).has_value());
}

void any_text_can_be_encoded_and_decoded(void**) {
  std::mt19937 random = mote::test::seeded_random();
  for (int round = 0; round < 20'000; ++round) {
    std::string text(pick(random, 40), ' ');
    for (char& c : text) {
      const std::size_t kind = pick(random, 3);
      if (kind != 0) c = kind == 1 ? '%' : static_cast<char>(pick(random, 255));
    }
    assert_true(decoded(encoded(text)) == text);
    assert_true(value_allowed(encoded(text)));
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(only_plain_characters_stay),
      cmocka_unit_test(encodes_messages),
      cmocka_unit_test(whitespace_at_the_ends_is_encoded),
      cmocka_unit_test(unencoded_whitespace_is_kept),
      cmocka_unit_test(decodes_lower_case_too),
      cmocka_unit_test(invalid_escapes_are_unchanged),
      cmocka_unit_test(invalid_escapes_do_not_affect_valid_ones),
      cmocka_unit_test(text_that_does_not_fit_overflows),
      cmocka_unit_test(any_text_can_be_encoded_and_decoded),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

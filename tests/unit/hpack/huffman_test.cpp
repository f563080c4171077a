#include "hpack/huffman.h"

#include <string>
#include <string_view>
#include <vector>

#include "support/cmocka_test.h"
#include "support/hex.h"

using mote::as_text;
using mote::Bytes;
using mote::ByteWriter;
using mote::hpack::HuffmanDecoder;
using mote::test::from_hex;
using Result = mote::hpack::HuffmanDecoder::Result;

namespace {

struct Decoded {
  Result result = Result::Ok;
  bool ended = false;
  std::string text;
};

// In two pieces, cut before byte `cut`.
Decoded decode(Bytes code, std::size_t room, std::size_t cut) {
  std::vector<std::uint8_t> buffer(room);
  ByteWriter out(buffer);
  HuffmanDecoder decoder;
  Decoded decoded;
  decoded.result = decoder.decode(code.first(cut), out);
  if (decoded.result == Result::Ok) decoded.result = decoder.decode(code.subspan(cut), out);
  decoded.ended = decoder.end();
  decoded.text = as_text(out.written());
  return decoded;
}

void assert_decodes(std::string_view hex, std::string_view text) {
  const auto code = from_hex(hex);
  for (std::size_t cut = 0; cut <= code.size(); ++cut) {
    const Decoded decoded = decode(code, text.size(), cut);
    assert_int_equal(decoded.result, Result::Ok);
    assert_true(decoded.ended);
    assert_true(decoded.text == text);
  }
}

void assert_bad_end(std::string_view hex) {
  const auto code = from_hex(hex);
  for (std::size_t cut = 0; cut <= code.size(); ++cut) {
    const Decoded decoded = decode(code, 100, cut);
    assert_int_equal(decoded.result, Result::Ok);
    assert_false(decoded.ended);
  }
}

// RFC 7541 C.4 and C.6.
void decodes_the_strings_of_the_rfc(void**) {
  assert_decodes("f1e3 c2e5 f23a 6ba0 ab90 f4ff", "www.example.com");
  assert_decodes("a8eb 1064 9cbf", "no-cache");
  assert_decodes("25a8 49e9 5ba9 7d7f", "custom-key");
  assert_decodes("25a8 49e9 5bb8 e8b4 bf", "custom-value");
  assert_decodes("6402", "302");
  assert_decodes("aec3 771a 4b", "private");
  assert_decodes("d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff", "Mon, 21 Oct 2013 20:13:21 GMT");
  assert_decodes("9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3", "https://www.example.com");
  assert_decodes(
      "94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 "
      "07",
      "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1");
}

// RFC 7541 Appendix B, a symbol of every length but those above; padded with ones.
void decodes_codes_of_every_length(void**) {
  assert_decodes("07", "0");                          // 5: 00000
  assert_decodes("53", " ");                          // 6: 010100
  assert_decodes("b9", ":");                          // 7: 1011100
  assert_decodes("f8", "&");                          // 8: 11111000
  assert_decodes("fe3f", "!");                        // 10: 1111111000
  assert_decodes("ff7f", "+");                        // 11: 11111111011
  assert_decodes("ffaf", "#");                        // 12: 111111111010
  assert_decodes("ffc7", std::string_view("\0", 1));  // 13: 1111111111000
  assert_decodes("fff3", "^");                        // 14: 11111111111100
  assert_decodes("fffb", "`");                        // 15: 111111111111101
  assert_decodes("fffe 3f", "\xc3");                  // 19: 7fff1
  assert_decodes("fffe 6f", "\x80");                  // 20: fffe6
  assert_decodes("fffe e7", "\x99");                  // 21: 1fffdc
  assert_decodes("ffff 4b", "\x81");                  // 22: 3fffd2
  assert_decodes("ffff b1", "\x01");                  // 23: 7fffd8
  assert_decodes("ffff ea", "\x09");                  // 24: ffffea
  assert_decodes("ffff f67f", "\xc7");                // 25: 1ffffec
  assert_decodes("ffff f83f", "\xc0");                // 26: 3ffffe0
  assert_decodes("ffff fbdf", "\xcb");                // 27: 7ffffde
  assert_decodes("ffff fe2f", "\x02");                // 28: fffffe2
  assert_decodes("ffff fff3", "\x0a");                // 30: 3ffffffc
  assert_decodes("ffff fff7", "\x0d");                // 30: 3ffffffd
  assert_decodes("ffff fffb", "\x16");                // 30: 3ffffffe
}

void an_empty_string_is_complete(void**) {
  assert_decodes("", "");
}

void padding_is_ones(void**) {
  assert_bad_end("06");  // "0" and 110
  assert_bad_end("00");  // "0" and 000
  assert_bad_end("f1e3 c2e5 f23a 6ba0 ab90 f4fe");
}

void padding_is_short(void**) {
  assert_bad_end("ff");
  assert_bad_end("07ff");
  assert_bad_end("ffff ff");
  assert_bad_end("ffff ea ff");  // a code that ends with its byte, and 8 bits
}

void a_string_must_not_end_inside_a_symbol(void**) {
  assert_bad_end("fe");
  assert_bad_end("ffff f6");
}

// RFC 7541 5.2: EOS in a string is an error.
void eos_is_an_error(void**) {
  const auto code = from_hex("07ff ffff ff");
  for (std::size_t cut = 0; cut <= code.size(); ++cut)
    assert_int_equal(decode(code, 100, cut).result, Result::Error);
  const auto alone = from_hex("ffff ffff");
  assert_int_equal(decode(alone, 0, 0).result, Result::Error);
}

void text_that_does_not_fit_overflows(void**) {
  const auto code = from_hex("f1e3 c2e5 f23a 6ba0 ab90 f4ff");
  for (std::size_t cut = 0; cut <= code.size(); ++cut) {
    for (std::size_t room = 0; room < 15; ++room)
      assert_int_equal(decode(code, room, cut).result, Result::NoRoom);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(decodes_the_strings_of_the_rfc),
      cmocka_unit_test(decodes_codes_of_every_length),
      cmocka_unit_test(an_empty_string_is_complete),
      cmocka_unit_test(padding_is_ones),
      cmocka_unit_test(padding_is_short),
      cmocka_unit_test(a_string_must_not_end_inside_a_symbol),
      cmocka_unit_test(eos_is_an_error),
      cmocka_unit_test(text_that_does_not_fit_overflows),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

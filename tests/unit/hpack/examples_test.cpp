// The examples of RFC 7541 Appendix C, with the table after each block.

#include <string>
#include <string_view>
#include <vector>

#include "support/cmocka_test.h"
#include "support/hex.h"
#include "support/hpack_feed.h"

using mote::test::decode_in_pieces;
using mote::test::DecodedBlock;
using mote::test::Field;
using mote::test::from_hex;
using mote::test::OwnDecoder;
using mote::test::table_content;

namespace {

using Fields = std::vector<Field>;

// One header block of an RFC example and the table after it.
struct Step {
  std::string_view hex;
  Fields fields;
  Fields table;
  std::size_t table_size;
};

void assert_steps(const std::vector<Step>& steps, std::size_t table_bytes) {
  for (const std::size_t piece : {1000U, 1U, 2U, 3U, 7U}) {
    OwnDecoder connection(table_bytes, table_bytes);
    for (const Step& step : steps) {
      const DecodedBlock block =
          decode_in_pieces(connection.decoder, from_hex(step.hex), table_bytes, [&] { return piece; });
      assert_true(block.accepted);
      assert_true(block.fields == step.fields);
      assert_true(table_content(connection.decoder.table()) == step.table);
      assert_int_equal(connection.decoder.table().size(), step.table_size);
    }
  }
}

void rfc_c2_1_literal_with_indexing(void**) {
  assert_steps({{"400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
                 {{"custom-key", "custom-header"}},
                 {{"custom-key", "custom-header"}},
                 55}},
               4096);
}

void rfc_c2_2_literal_without_indexing(void**) {
  assert_steps({{"040c 2f73 616d 706c 652f 7061 7468", {{":path", "/sample/path"}}, {}, 0}}, 4096);
}

void rfc_c2_3_literal_never_indexed(void**) {
  assert_steps({{"1008 7061 7373 776f 7264 0673 6563 7265 74", {{"password", "secret", true}}, {}, 0}}, 4096);
}

void rfc_c2_4_indexed(void**) {
  assert_steps({{"82", {{":method", "GET"}}, {}, 0}}, 4096);
}

std::vector<Step> request_steps(std::string_view first, std::string_view second, std::string_view third) {
  const Field method = {":method", "GET"};
  const Field http = {":scheme", "http"};
  const Field authority = {":authority", "www.example.com"};
  const Field no_cache = {"cache-control", "no-cache"};
  const Field custom = {"custom-key", "custom-value"};
  return {
      {first, {method, http, {":path", "/"}, authority}, {authority}, 57},
      {second, {method, http, {":path", "/"}, authority, no_cache}, {no_cache, authority}, 110},
      {third,
       {method, {":scheme", "https"}, {":path", "/index.html"}, authority, custom},
       {custom, no_cache, authority},
       164},
  };
}

void rfc_c3_requests(void**) {
  assert_steps(request_steps("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", "8286 84be 5808 6e6f 2d63 6163 6865",
                             "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65"),
               4096);
}

void rfc_c4_requests_huffman(void**) {
  assert_steps(request_steps("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", "8286 84be 5886 a8eb 1064 9cbf",
                             "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"),
               4096);
}

std::vector<Step> response_steps(std::string_view first, std::string_view second, std::string_view third) {
  const Field found = {":status", "302"};
  const Field redirect = {":status", "307"};
  const Field is_private = {"cache-control", "private"};
  const Field date = {"date", "Mon, 21 Oct 2013 20:13:21 GMT"};
  const Field next_date = {"date", "Mon, 21 Oct 2013 20:13:22 GMT"};
  const Field location = {"location", "https://www.example.com"};
  const Field encoding = {"content-encoding", "gzip"};
  const Field cookie = {"set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"};
  return {
      {first, {found, is_private, date, location}, {location, date, is_private, found}, 222},
      {second, {redirect, is_private, date, location}, {redirect, location, date, is_private}, 222},
      {third,
       {{":status", "200"}, is_private, next_date, location, encoding, cookie},
       {cookie, encoding, next_date},
       215},
  };
}

void rfc_c5_responses(void**) {
  assert_steps(
      response_steps(
          "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 "
          "3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
          "4803 3330 37c1 c0bf",
          "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 "
          "7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 "
          "6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31"),
      256);
}

void rfc_c6_responses_huffman(void**) {
  assert_steps(
      response_steps(
          "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad "
          "1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
          "4883 640e ffc1 c0bf",
          "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 "
          "e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07"),
      256);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(rfc_c2_1_literal_with_indexing),
      cmocka_unit_test(rfc_c2_2_literal_without_indexing),
      cmocka_unit_test(rfc_c2_3_literal_never_indexed),
      cmocka_unit_test(rfc_c2_4_indexed),
      cmocka_unit_test(rfc_c3_requests),
      cmocka_unit_test(rfc_c4_requests_huffman),
      cmocka_unit_test(rfc_c5_responses),
      cmocka_unit_test(rfc_c6_responses_huffman),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

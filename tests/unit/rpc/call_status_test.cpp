// A call's status: its code and as much of its message as is sent.
#include <string>

#include "rpc/call.h"
#include "rpc/status.h"
#include "support/cmocka_test.h"
#include "support/fake_call.h"

namespace {

using namespace mote;
using namespace mote::rpc;

const Server kServer{.services = ServiceTable({})};

// Finishes a call with `text`, cut in two pieces.
std::string message_after_finish(const std::string& text) {
  const wire::Bytes bytes = wire::as_bytes(text);
  const std::size_t cut = bytes.size() / 2;
  const mote_piece second{nullptr, bytes.subspan(cut).data(), bytes.size() - cut};
  const mote_piece first{&second, bytes.data(), cut};
  test::FakeCall call(kServer);
  Call& as_handlers_have_it = call;
  as_handlers_have_it.finish(StatusCode::Aborted, mote_bytes{nullptr, &first, 0, 0, bytes.size()});
  assert_true(call.status == StatusCode::Aborted);
  return call.status_message;
}

void test_codes_by_number(void**) {
  assert_true(status_code(0) == StatusCode::Ok);
  assert_true(status_code(2) == StatusCode::Unknown);
  assert_true(status_code(16) == StatusCode::Unauthenticated);
  for (const std::int64_t number : {std::int64_t{17}, std::int64_t{-1}, std::int64_t{256}, INT64_MIN, INT64_MAX})
    assert_true(status_code(number) == StatusCode::Unknown);
}

void test_a_message_of_the_longest_size_is_sent_whole(void**) {
  for (const std::size_t size : {std::size_t{0}, kStatusMessageBytes - 1, kStatusMessageBytes}) {
    const std::string text(size, 'm');
    assert_true(sent_message(text) == text);
  }
  assert_int_equal(sent_message(std::string(kStatusMessageBytes + 1, 'm')).size(), kStatusMessageBytes);
}

// The cut falls before a character of two to four bytes, wherever in it the limit lies.
void test_no_character_is_cut(void**) {
  for (const std::string character : {"\xc3\xbc", "\xe2\x98\xba", "\xf0\x9f\x98\x88"}) {
    for (std::size_t inside = 1; inside < character.size(); ++inside) {
      const std::string before(kStatusMessageBytes - inside, 'm');
      assert_true(sent_message(before + character + "more") == before);
    }
    const std::string fits = std::string(kStatusMessageBytes - character.size(), 'm') + character;
    assert_true(sent_message(fits + "m") == fits);
  }
}

// What is no UTF-8 is cut somewhere near.
void test_bytes_that_are_no_text(void**) {
  assert_int_equal(sent_message(std::string(kStatusMessageBytes + 9, '\x80')).size(), kStatusMessageBytes - 4);
}

// --- Messages that lie in a request ---

void test_a_message_from_a_request(void**) {
  for (const std::string text : {"", "x", "out of \xf0\x9f\x98\x88 reach"})
    assert_string_equal(message_after_finish(text).c_str(), text.c_str());
}

void test_a_long_message_from_a_request(void**) {
  const std::string fits(kStatusMessageBytes, 'm');
  assert_true(message_after_finish(fits) == fits);
  assert_true(message_after_finish(fits + "m") == fits);
  const std::string before(kStatusMessageBytes - 1, 'm');
  assert_true(message_after_finish(before + "\xc3\xbc") == before);
  assert_true(message_after_finish(before + "\xc3\xbc and more") == before);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_codes_by_number),
      cmocka_unit_test(test_a_message_of_the_longest_size_is_sent_whole),
      cmocka_unit_test(test_no_character_is_cut),
      cmocka_unit_test(test_bytes_that_are_no_text),
      cmocka_unit_test(test_a_message_from_a_request),
      cmocka_unit_test(test_a_long_message_from_a_request),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

// A call's status: its code and as much of its message as is sent.
#include <string>

#include "mote/rpc/call.h"
#include "mote/rpc/status.h"
#include "mote/testing/fake_call.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote;
using namespace mote::rpc;

const Server kServer{.services = ServiceTable({})};

// Finishes a call with `text`, cut in two pieces.
std::string message_after_finish(const std::string& text) {
  const Bytes bytes = as_bytes(text);
  const std::size_t cut = bytes.size() / 2;
  const mote_piece second{nullptr, bytes.subspan(cut).data(), bytes.size() - cut};
  const mote_piece first{&second, bytes.data(), cut};
  testing::FakeCall call(kServer);
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
  // What lies behind it is not read.
  const std::string more = std::string(kStatusMessageBytes, 'm') + "\x80";
  assert_int_equal(sent_message(std::string_view(more).substr(0, kStatusMessageBytes)).size(), kStatusMessageBytes);
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

// Text that is not UTF-8 is cut near the limit.
void test_bytes_that_are_not_text(void**) {
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

// --- Texts that are put together ---

template <class... Pieces>
std::string failed_with(const Pieces&... pieces) {
  testing::FakeCall call(kServer);
  Call& as_handlers_have_it = call;
  const Status status = as_handlers_have_it.fail(StatusCode::NotFound, pieces...);
  assert_true(status.code == StatusCode::NotFound);
  assert_true(call.status == StatusCode::NotFound);
  return call.status_message;
}

void test_a_text_of_pieces(void**) {
  const std::uint8_t bytes[] = {'r', 'o', 'o', 'f'};
  const mote_piece piece{nullptr, bytes, sizeof bytes};
  const mote_bytes device{nullptr, &piece, 0, 0, sizeof bytes};
  const std::string of_the_handler = " at port ";
  assert_string_equal(failed_with("no device ", device, of_the_handler, 7, ':', std::string("x") + "y").c_str(),
                      "no device roof at port 7:xy");
  assert_string_equal(failed_with().c_str(), "");
  assert_string_equal(failed_with(INT64_MIN, ' ', UINT64_MAX, ' ', std::uint8_t{200}, ' ', std::int8_t{-3}).c_str(),
                      "-9223372036854775808 18446744073709551615 200 -3");
}

// The text ends with a whole character, wherever a piece ends.
void test_a_long_text_of_pieces_is_cut(void**) {
  const std::string before(kStatusMessageBytes - 1, 'm');
  assert_true(failed_with(before, "n") == before + "n");
  assert_true(failed_with(before, "no", 1) == before + "n");
  assert_true(failed_with(before, "\xc3\xbc") == before);
  assert_true(failed_with(before, '\xc3', '\xbc') == before);
  assert_true(failed_with(before, "\xc3\xbc", " and more", 5) == before);
}

// As the status of a call that failed, Ok would be wrong.
void test_a_failure_is_never_ok(void**) {
  testing::FakeCall call(kServer);
  assert_true(call.fail(StatusCode::Ok, "x").code == StatusCode::Unknown);
  assert_true(call.status == StatusCode::Unknown);
}

void test_only_the_first_end_counts(void**) {
  testing::FakeCall call(kServer);
  call.fail(StatusCode::NotFound, "first");
  call.fail(StatusCode::Aborted, "second");
  assert_true(call.status == StatusCode::NotFound);
  assert_string_equal(call.status_message.c_str(), "first");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_codes_by_number),
      cmocka_unit_test(test_a_message_of_the_longest_size_is_sent_whole),
      cmocka_unit_test(test_no_character_is_cut),
      cmocka_unit_test(test_bytes_that_are_not_text),
      cmocka_unit_test(test_a_message_from_a_request),
      cmocka_unit_test(test_a_long_message_from_a_request),
      cmocka_unit_test(test_a_text_of_pieces),
      cmocka_unit_test(test_a_long_text_of_pieces_is_cut),
      cmocka_unit_test(test_a_failure_is_never_ok),
      cmocka_unit_test(test_only_the_first_end_counts),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

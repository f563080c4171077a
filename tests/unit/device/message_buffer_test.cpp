#include "device/message_buffer.h"

#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/device.h"

namespace {

using mote::as_bytes;
using mote::as_text;
using mote::device::MessageBuffer;
using mote::test::prefixed;
using State = MessageBuffer::State;

void check(const MessageBuffer& buffer, State state) {
  assert_int_equal(buffer.state(), state);
}

void a_message_in_single_bytes(void**) {
  std::vector<std::uint8_t> storage(8);
  MessageBuffer buffer(storage);
  check(buffer, State::Empty);
  const std::string bytes = prefixed("abc");
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    assert_true(buffer.append(as_bytes(bytes.substr(i, 1))));
    check(buffer, i + 1 < bytes.size() ? State::Partial : State::Whole);
  }
  assert_true(as_text(buffer.take()) == "abc");
  assert_int_equal(buffer.free_bytes(), 0);
  assert_false(buffer.holds_more());
  buffer.discard_taken();
  check(buffer, State::Empty);
  assert_int_equal(buffer.free_bytes(), 8);
}

void messages_are_taken_from_the_front_in_order(void**) {
  std::vector<std::uint8_t> storage(64);
  MessageBuffer buffer(storage);
  assert_true(
      buffer.append(as_bytes(prefixed("one") + prefixed("") + prefixed("three") + prefixed("half").substr(0, 7))));
  for (const std::string_view expected : {"one", "", "three"}) {
    check(buffer, State::Whole);
    assert_true(as_text(buffer.take()) == expected);
    assert_true(buffer.holds_more());
    buffer.discard_taken();
  }
  check(buffer, State::Partial);
  assert_true(buffer.append(as_bytes("lf")));
  assert_true(as_text(buffer.take()) == "half");
}

void bytes_that_do_not_fit_are_not_appended(void**) {
  std::vector<std::uint8_t> storage(8);
  MessageBuffer buffer(storage);
  assert_false(buffer.append(as_bytes(prefixed("abcd"))));
  check(buffer, State::Empty);
  assert_true(buffer.append(as_bytes(prefixed("abc"))));
  assert_false(buffer.append(as_bytes("x")));
  assert_true(as_text(buffer.take()) == "abc");
}

void the_prefix_of_a_message_that_never_fits(void**) {
  std::vector<std::uint8_t> storage(8);
  MessageBuffer buffer(storage);
  assert_true(buffer.append(as_bytes(prefixed("abcd").substr(0, 5))));
  check(buffer, State::TooLarge);
  buffer.clear();
  assert_true(buffer.append(as_bytes(std::string("\0\xff\xff\xff\xff", 5))));
  check(buffer, State::TooLarge);
  buffer.clear();
  assert_true(buffer.append(as_bytes(std::string("\0\xff\xff\xff\xfb", 5))));
  check(buffer, State::TooLarge);
}

void a_flag_of_compression_is_invalid_at_its_first_byte(void**) {
  std::vector<std::uint8_t> storage(8);
  MessageBuffer buffer(storage);
  assert_true(buffer.append(as_bytes("\1")));
  check(buffer, State::Invalid);
  buffer.clear();
  assert_true(buffer.append(as_bytes(prefixed("a", 7))));
  check(buffer, State::Invalid);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_message_in_single_bytes),
      cmocka_unit_test(messages_are_taken_from_the_front_in_order),
      cmocka_unit_test(bytes_that_do_not_fit_are_not_appended),
      cmocka_unit_test(the_prefix_of_a_message_that_never_fits),
      cmocka_unit_test(a_flag_of_compression_is_invalid_at_its_first_byte),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

#include "http2/server/stream_list.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::http2::Stream;
using mote::http2::StreamList;

// The ids from the first to the last; checks the links back.
std::string ids(const StreamList& list) {
  std::string text;
  std::uint32_t count = 0;
  const Stream* previous = nullptr;
  for (const Stream* stream = list.first(); stream != nullptr; previous = stream, stream = stream->next) {
    assert_ptr_equal(stream->previous, previous);
    text += std::to_string(stream->id);
    ++count;
  }
  assert_int_equal(list.count(), count);
  return text;
}

struct Three {
  Three() {
    for (Stream* stream : {&a, &b, &c})
      list.add(*stream);
  }
  Stream a{.id = 1};
  Stream b{.id = 3};
  Stream c{.id = 5};
  StreamList list;
};

void the_oldest_is_first(void**) {
  const Three three;
  assert_string_equal(ids(three.list).c_str(), "135");
  assert_string_equal(ids(StreamList()).c_str(), "");
}

void any_stream_can_be_removed(void**) {
  Three first;
  first.list.remove(first.a);
  assert_string_equal(ids(first.list).c_str(), "35");
  Three middle;
  middle.list.remove(middle.b);
  assert_string_equal(ids(middle.list).c_str(), "15");
  assert_null(middle.b.previous);
  assert_null(middle.b.next);
  Three last;
  last.list.remove(last.c);
  assert_string_equal(ids(last.list).c_str(), "13");
  last.list.add(last.c);
  assert_string_equal(ids(last.list).c_str(), "135");
}

void a_list_can_be_emptied_and_used_again(void**) {
  Three three;
  for (Stream* stream : {&three.b, &three.c, &three.a})
    three.list.remove(*stream);
  assert_string_equal(ids(three.list).c_str(), "");
  three.list.add(three.b);
  assert_string_equal(ids(three.list).c_str(), "3");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_oldest_is_first),
      cmocka_unit_test(any_stream_can_be_removed),
      cmocka_unit_test(a_list_can_be_emptied_and_used_again),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

// Which replies contain a part of their request.
#include "engine/lean/request_run.h"

#include <array>
#include <string>

#include "support/cmocka_test.h"

namespace {

using namespace mote;
using namespace mote::lean;

// Two pieces of 100 bytes and one of 10, which lie behind each other with gaps.
struct Request {
  Request() : bytes(300, 'r') {
    pieces[0] = {&pieces[1], at(0), 100};
    pieces[1] = {&pieces[2], at(120), 100};
    pieces[2] = {nullptr, at(230), 10};
  }
  [[nodiscard]] const std::uint8_t* at(std::size_t offset) const { return as_bytes(bytes).data() + offset; }
  [[nodiscard]] Bytes part(std::size_t offset, std::size_t size) const { return {at(offset), size}; }

  std::string bytes;
  std::array<mote_piece, 3> pieces{};
};

void expect(const RequestRun& run, std::size_t offset, std::size_t size, std::string_view before,
            std::string_view after) {
  assert_int_equal(run.offset(), offset);
  assert_int_equal(run.size(), size);
  assert_true(as_text(run.before()) == before);
  assert_true(as_text(run.after()) == after);
}

void test_a_run_over_pieces(void**) {
  const Request request;
  RequestRun run(request.pieces.data());
  assert_true(run.write(as_bytes("be")) && run.write(as_bytes("fore")));
  assert_true(run.write(request.part(4, 96)) && run.write(request.part(120, 100)) && run.write(request.part(230, 7)));
  assert_true(run.write(as_bytes("after")) && run.write({}));
  expect(run, 4, 203, "before", "after");
}

void test_a_run_in_a_later_piece(void**) {
  const Request request;
  RequestRun run(request.pieces.data());
  assert_true(run.write(request.part(121, 80)));
  expect(run, 101, 80, "", "");
}

void test_no_run(void**) {
  const Request request;
  RequestRun run(request.pieces.data());
  assert_true(run.write(as_bytes("few")));
  expect(run, 0, 0, "few", "");
  const std::string many(65, 'm');
  assert_false(run.write(as_bytes(many)));
}

// A reply that repeats its request, or skips a part of it, is no run.
void test_other_parts_behind_a_run(void**) {
  const Request request;
  for (const Bytes other : {request.part(0, 100), request.part(230, 10), request.part(120, 65)}) {
    RequestRun run(request.pieces.data());
    assert_true(run.write(request.part(0, 99)));
    const bool few = other.size() <= 64;
    assert_true(run.write(other) == few);
    assert_int_equal(run.size(), 99);
  }
}

void test_few_bytes_on_each_side(void**) {
  const Request request;
  const std::string most(64, 'm');
  RequestRun run(request.pieces.data());
  assert_true(run.write(as_bytes(most)) && run.write(request.part(0, 100)) && run.write(as_bytes(most)));
  expect(run, 0, 100, most, most);
  assert_false(run.write(as_bytes("x")));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_run_over_pieces),
      cmocka_unit_test(test_a_run_in_a_later_piece),
      cmocka_unit_test(test_no_run),
      cmocka_unit_test(test_other_parts_behind_a_run),
      cmocka_unit_test(test_few_bytes_on_each_side),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

// Sends one request to the lean engine and returns the answer.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include "support/cmocka_test.h"
#include "support/lean_loop.h"
#include "support/lines.h"

namespace mote::test {

// Sends `script` on a new connection and returns the answer on stream 1. No call and no block may remain.
inline Answer ask(const FrameScript& script, const engine::Limits& chosen = limits()) {
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  client->send(script);
  loop.settle();
  assert_int_equal(loop.open_calls(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  Answer answer = client->answer(1);
  loop.finish();
  return answer;
}

// The answer is Trailers-Only with these fields after :status and content-type.
inline void expect_trailers_only(const Answer& answer, const Lines& fields) {
  Lines all = {":status: 200", "content-type: application/grpc"};
  all.insert(all.end(), fields.begin(), fields.end());
  expect(answer.head, all);
  expect(answer.trailers, {});
  assert_string_equal(answer.data.c_str(), "");
  assert_true(answer.ended);
}

}  // namespace mote::test

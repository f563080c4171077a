#include "interop/test_service.h"

#include "interop.pb.h"
#include "mote/testing/method_call.h"
#include "support/cmocka_test.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using Pairs = std::vector<std::pair<std::string, std::string>>;

const std::array kServices = {interop::test_service()};
const rpc::Server kServer{.services = rpc::ServiceTable(kServices)};
constexpr std::string_view kService = "/grpc.testing.TestService/";
constexpr const char* kMethods[] = {"EmptyCall",          "UnaryCall",      "StreamingOutputCall",
                                    "StreamingInputCall", "FullDuplexCall", "HalfDuplexCall"};

struct TestCall : testing::MethodCall {
  explicit TestCall(const std::string& name)
      : MethodCall(*kServer.services.find_method(std::string(kService) + name), kServer) {
    open();
  }

  // The sizes of the payloads of the responses.
  [[nodiscard]] Lines sizes() {
    Lines lines;
    for (std::size_t i = 0; i < call.replies.size(); ++i) {
      const auto response = call.reply<grpc_testing_StreamingOutputCallResponse>(i);
      lines.push_back(std::to_string(mote_bytes_size(&response.payload.body)));
    }
    return lines;
  }

  void expect_status(rpc::StatusCode code, const std::string& message = "") const {
    assert_true(call.status == code);
    assert_string_equal(call.status_message.c_str(), message.c_str());
  }
};

// Encoded ResponseParameters, as in the list of a request; sizes and intervals less than 128.
std::string wanted(std::initializer_list<std::pair<int, int>> sizes_and_intervals) {
  std::string request;
  for (const auto& [size, interval_us] : sizes_and_intervals)
    request += {'\x12', '\x04', '\x08', static_cast<char>(size), '\x10', static_cast<char>(interval_us)};
  return request;
}

std::string with_status(std::string_view message, int code) {
  grpc_testing_StreamingOutputCallRequest request{};
  request.has_response_status = true;
  request.response_status.code = code;
  request.response_status.message = codec::field_of(message);
  std::string bytes(codec::encoded_size(request).size, '\0');
  const MutableBytes room(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size());
  assert_true(codec::encode_to(room, request).ok());
  return bytes;
}

void test_the_table(void**) {
  assert_int_equal(kServices[0].methods.size(), std::size(kMethods) + 1);  // And UnimplementedCall.
  for (const char* method : kMethods)
    assert_non_null(kServer.services.find_method(std::string(kService) + method));
  TestCall call("UnimplementedCall");
  call.message("");
  call.expect_status(rpc::StatusCode::Unimplemented, "not implemented");
}

// --- UnaryCall ---

TestCall& request(TestCall& call, std::int32_t size, std::int32_t type = 0) {
  grpc_testing_SimpleRequest request{};
  request.response_size = size;
  request.response_type = type;
  call.request(request);
  return call;
}

void test_a_response_is_as_large_as_it_is_asked_for(void**) {
  for (const std::int32_t size : {0, 1, 4096, 4097, 314'159}) {
    TestCall call("UnaryCall");
    request(call, size).expect_status(rpc::StatusCode::Ok);
    const auto response = call.call.reply<grpc_testing_SimpleResponse>(0);
    const std::string zeros(static_cast<std::size_t>(size), '\0');
    assert_true(codec::equal(response.payload.body, zeros));
  }
}

void test_a_response_that_cannot_be(void**) {
  TestCall negative("UnaryCall");
  request(negative, -1).expect_status(rpc::StatusCode::InvalidArgument, "a payload of -1 bytes");
  for (const std::int32_t type : {1, -1, INT32_MAX}) {
    TestCall unknown("UnaryCall");
    request(unknown, 1, type).expect_status(rpc::StatusCode::InvalidArgument, "unknown response_type");
    expect(unknown.call.replies, {});
  }
}

void test_a_status_that_is_asked_for(void**) {
  using rpc::StatusCode;
  const std::pair<std::int32_t, StatusCode> codes[] = {{2, StatusCode::Unknown},
                                                       {16, StatusCode::Unauthenticated},
                                                       {99, StatusCode::Unknown},
                                                       {-1, StatusCode::Unknown}};
  for (const auto& [asked, code] : codes) {
    TestCall call("UnaryCall");
    call.message(with_status("\t\nBMP \xe2\x98\xba and \xf0\x9f\x98\x88\t\n", asked));
    call.expect_status(code, "\t\nBMP \xe2\x98\xba and \xf0\x9f\x98\x88\t\n");
    expect(call.call.replies, {});
  }
  TestCall ok("UnaryCall");
  ok.message(with_status("no error", 0));
  ok.expect_status(rpc::StatusCode::Ok);
  assert_int_equal(ok.call.replies.size(), 1);
}

// The call of the test is not compressed (main.cpp has gzip on).
void test_a_request_that_is_expected_to_be_compressed(void**) {
  constexpr const char* kReason = "the request is not compressed as expected";
  for (const bool expected : {false, true}) {
    TestCall unary("UnaryCall");
    grpc_testing_SimpleRequest request{};
    request.has_expect_compressed = true;
    request.expect_compressed.value = expected;
    unary.request(request);
    TestCall stream("StreamingInputCall");
    grpc_testing_StreamingInputCallRequest input{};
    input.has_expect_compressed = true;
    input.expect_compressed.value = expected;
    stream.request(input);
    stream.half_close();
    for (const TestCall* call : {&unary, &stream}) {
      if (expected) call->expect_status(rpc::StatusCode::InvalidArgument, kReason);
      if (!expected) call->expect_status(rpc::StatusCode::Ok);
    }
  }
}

// --- All methods ---

// Three responses, if the method supports them.
std::string request_for(std::string_view method) {
  return method == "UnaryCall" || method == "StreamingInputCall" ? "" : wanted({{1, 0}, {2, 0}, {3, 0}});
}

void test_metadata_comes_back(void**) {
  const Pairs initial = {{"x-grpc-test-echo-initial", "text"}};
  const Pairs trailing = {{"x-grpc-test-echo-trailing-bin", "q6ur"}};
  for (const char* method : kMethods) {
    testing::MethodCall call(*kServer.services.find_method(std::string(kService) + method), kServer);
    call.call.request_metadata = {{"x-grpc-test-echo", "other"}, trailing[0], initial[0]};
    call.open();
    call.message(request_for(method));
    call.half_close();
    assert_true(call.call.status == rpc::StatusCode::Ok);
    assert_true(call.call.initial == initial);
    assert_true(call.call.trailing == trailing);
    assert_false(call.call.initial_was_late);
  }
}

// Whenever memory runs out, the call is finished exactly once.
void test_no_memory(void**) {
  for (const char* method : kMethods) {
    std::size_t memory = 0;
    for (bool enough = false; !enough; ++memory) {
      testing::MethodCall call(*kServer.services.find_method(std::string(kService) + method), kServer);
      call.call.memory = memory;
      call.call.request_metadata = {{"x-grpc-test-echo-initial", "a"}, {"x-grpc-test-echo-trailing-bin", "b"}};
      call.open();
      call.message(request_for(method));
      call.message(with_status("end", 2));
      call.half_close();
      call.ready();
      assert_true(call.call.finished());
      enough = call.call.status != rpc::StatusCode::ResourceExhausted;
    }
    assert_true(memory > 2);
  }
}

// --- StreamingInputCall ---

void test_payloads_are_added_up(void**) {
  TestCall call("StreamingInputCall");
  for (const std::string_view text : {"four", "", "ab"}) {
    grpc_testing_StreamingInputCallRequest request{};
    request.has_payload = true;
    request.payload.body = codec::field_of(text);
    call.request(request);
  }
  expect(call.call.replies, {});
  call.half_close();
  assert_int_equal(call.call.reply<grpc_testing_StreamingInputCallResponse>(0).aggregated_payload_size, 6);
  call.expect_status(rpc::StatusCode::Ok);
}

// --- StreamingOutputCall ---

void test_a_response_for_each_that_is_asked_for(void**) {
  TestCall call("StreamingOutputCall");
  call.message(wanted({{31, 0}, {0, 0}, {9, 0}}));
  expect(call.sizes(), {"31", "0", "9"});
  call.expect_status(rpc::StatusCode::Ok);
}

void test_no_response_at_all(void**) {
  TestCall call("StreamingOutputCall");
  call.ready();
  assert_false(call.call.finished());
  call.message("");
  expect(call.sizes(), {});
  call.expect_status(rpc::StatusCode::Ok);
}

void test_pauses_come_before_responses_and_add_up(void**) {
  TestCall call("StreamingOutputCall");
  call.call.clock = 50s;
  call.message(wanted({{1, 20}, {2, 0}, {3, 30}}));
  expect(call.sizes(), {});
  assert_true(call.call.wakes == 50s + 20us);
  call.ready();  // Before the response is due.
  expect(call.sizes(), {});
  assert_true(call.sleep());
  expect(call.sizes(), {"1", "2"});
  assert_true(call.call.wakes == 50s + 50us);
  assert_true(call.sleep());
  expect(call.sizes(), {"1", "2", "3"});
  call.expect_status(rpc::StatusCode::Ok);
}

void test_a_congested_call_waits_for_its_peer(void**) {
  TestCall call("StreamingOutputCall");
  call.call.room = 2;
  call.message(wanted({{1, 0}, {2, 0}, {3, 0}}));
  expect(call.sizes(), {"1", "2"});
  assert_false(call.call.finished());
  call.call.room = 1;
  call.ready();
  expect(call.sizes(), {"1", "2", "3"});
  call.expect_status(rpc::StatusCode::Ok);
}

void test_parameters_that_cannot_be(void**) {
  const std::string negative = "\x12\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
  TestCall call("StreamingOutputCall");
  call.message(negative);
  call.expect_status(rpc::StatusCode::InvalidArgument, "a payload of -1 bytes");
  TestCall malformed("StreamingOutputCall");
  malformed.message("\x12\x01\x08");
  malformed.expect_status(rpc::StatusCode::Internal, "end of message");
  TestCall unknown("FullDuplexCall");
  unknown.message("\x08\x05");
  unknown.expect_status(rpc::StatusCode::InvalidArgument, "unknown response_type");
  // A pause in the past has no effect.
  TestCall past("StreamingOutputCall");
  past.message("\x12\x0d\x08\x07\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  expect(past.sizes(), {"7"});
}

// --- FullDuplexCall, HalfDuplexCall ---

void test_requests_are_answered_as_they_come(void**) {
  TestCall call("FullDuplexCall");
  call.message(wanted({{1, 0}, {2, 0}}));
  expect(call.sizes(), {"1", "2"});
  call.message("");
  call.message(wanted({{3, 0}}));
  expect(call.sizes(), {"1", "2", "3"});
  assert_false(call.call.finished());
  call.half_close();
  call.expect_status(rpc::StatusCode::Ok);
}

// A later request waits until the earlier one is answered, and so does the end of the call.
void test_requests_that_come_while_responses_wait(void**) {
  TestCall call("FullDuplexCall");
  call.message(wanted({{1, 10}}));
  call.call.clock += 4us;
  call.message(wanted({{2, 10}, {3, 0}}));
  call.half_close();
  expect(call.sizes(), {});
  assert_true(call.sleep());
  assert_true(call.call.clock == 10us);
  expect(call.sizes(), {"1"});
  assert_false(call.call.finished());
  assert_true(call.sleep());
  assert_true(call.call.clock == 20us);
  expect(call.sizes(), {"1", "2", "3"});
  call.expect_status(rpc::StatusCode::Ok);
}

void test_a_status_ends_a_stream_in_its_turn(void**) {
  for (const char* method : {"FullDuplexCall", "HalfDuplexCall"}) {
    TestCall call(method);
    call.message(wanted({{1, 10}}));
    call.message(with_status("enough", 10));
    call.message(wanted({{2, 0}}) + with_status("not this one", 3));
    if (call.method.path.ends_with("HalfDuplexCall")) call.half_close();
    assert_false(call.call.finished());
    assert_true(call.sleep());
    expect(call.sizes(), {"1"});
    call.expect_status(rpc::StatusCode::Aborted, "enough");
  }
}

void test_half_duplex_answers_behind_the_last_request(void**) {
  TestCall call("HalfDuplexCall");
  call.message(wanted({{1, 0}, {2, 0}}));
  call.message(wanted({{3, 0}}));
  call.ready();
  expect(call.sizes(), {});
  call.call.room = 2;
  call.half_close();
  expect(call.sizes(), {"1", "2"});
  call.call.room = 2;
  call.ready();
  expect(call.sizes(), {"1", "2", "3"});
  call.expect_status(rpc::StatusCode::Ok);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_table),
      cmocka_unit_test(test_a_response_is_as_large_as_it_is_asked_for),
      cmocka_unit_test(test_a_response_that_cannot_be),
      cmocka_unit_test(test_a_status_that_is_asked_for),
      cmocka_unit_test(test_a_request_that_is_expected_to_be_compressed),
      cmocka_unit_test(test_metadata_comes_back),
      cmocka_unit_test(test_no_memory),
      cmocka_unit_test(test_payloads_are_added_up),
      cmocka_unit_test(test_a_response_for_each_that_is_asked_for),
      cmocka_unit_test(test_no_response_at_all),
      cmocka_unit_test(test_pauses_come_before_responses_and_add_up),
      cmocka_unit_test(test_a_congested_call_waits_for_its_peer),
      cmocka_unit_test(test_parameters_that_cannot_be),
      cmocka_unit_test(test_requests_are_answered_as_they_come),
      cmocka_unit_test(test_requests_that_come_while_responses_wait),
      cmocka_unit_test(test_a_status_ends_a_stream_in_its_turn),
      cmocka_unit_test(test_half_duplex_answers_behind_the_last_request),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

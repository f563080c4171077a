#include "device/request.h"

#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/hpack_feed.h"

namespace {

using mote::device::write_request;

struct Written {
  bool allowed = false;
  bool overflowed = false;
  std::vector<std::string> fields;
};

Written request(const mote_call& call, std::uint32_t timeout_ms = 1500, const mote_options& options = {},
                std::size_t room = 1024) {
  std::vector<std::uint8_t> buffer(room);
  mote::ByteWriter block(buffer);
  Written written;
  written.allowed = write_request(block, options, call, timeout_ms);
  written.overflowed = block.overflowed();
  if (!written.allowed || written.overflowed) return written;
  mote::hpack::Decoder decoder((mote::MutableBytes()), 0);
  for (const auto& field : mote::test::decode_whole(decoder, block.written()).fields)
    written.fields.push_back(field.name + ": " + field.value);
  return written;
}

mote_call call_of(const char* path) {
  mote_call call{};
  call.path = path;
  return call;
}

void the_fields_of_a_request(void**) {
  const mote_metadata metadata[] = {{"x-device", "sensor-7"}, {"x-key-bin", "AAEC"}};
  mote_call call = call_of("/echo.Echo/Reply");
  call.metadata = metadata;
  call.metadata_count = 2;
  mote_options options{};
  options.authority = "gateway:50051";
  options.user_agent = "test/1";
  const Written written = request(call, 1500, options);
  assert_true(written.allowed);
  const std::vector<std::string> expected = {":method: POST",
                                             ":scheme: http",
                                             ":path: /echo.Echo/Reply",
                                             ":authority: gateway:50051",
                                             "te: trailers",
                                             "content-type: application/grpc",
                                             "user-agent: test/1",
                                             "grpc-timeout: 1500m",
                                             "x-device: sensor-7",
                                             "x-key-bin: AAEC"};
  assert_true(written.fields == expected);
}

void options_have_defaults(void**) {
  const Written written = request(call_of("/a.B/C"));
  assert_string_equal(written.fields[3].c_str(), ":authority: localhost");
  assert_true(written.fields[6].starts_with("user-agent: mote-device/"));
}

void long_timeouts_are_in_seconds(void**) {
  assert_string_equal(request(call_of("/a.B/C"), 99'999'999).fields[7].c_str(), "grpc-timeout: 99999999m");
  assert_string_equal(request(call_of("/a.B/C"), 100'000'000).fields[7].c_str(), "grpc-timeout: 100000S");
  assert_string_equal(request(call_of("/a.B/C"), 100'000'001).fields[7].c_str(), "grpc-timeout: 100001S");
}

void requests_that_must_not_be_sent(void**) {
  assert_false(request(call_of("a.B/C")).allowed);
  assert_false(request(call_of("")).allowed);
  assert_false(request(call_of("/a\n")).allowed);
  const mote_metadata bad[] = {{"grpc-timeout", "1S"}, {":path", "/x"}, {"Upper", "1"}, {"", "1"},     {"x\ny", "1"},
                               {"x y", "1"},           {"x-a", "a\nb"}, {"x-a", " a"},  {"x-a", "a\t"}};
  for (const mote_metadata& entry : bad) {
    mote_call call = call_of("/a.B/C");
    call.metadata = &entry;
    call.metadata_count = 1;
    assert_false(request(call).allowed);
  }
}

void too_little_room_is_an_overflow(void**) {
  const mote_call call = call_of("/a.B/C");
  std::size_t room = 0;
  while (request(call, 1500, {}, room).overflowed)
    ++room;
  assert_in_range(room, 60, 120);
  assert_int_equal(request(call, 1500, {}, room).fields.size(), 8);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_fields_of_a_request),        cmocka_unit_test(options_have_defaults),
      cmocka_unit_test(long_timeouts_are_in_seconds),   cmocka_unit_test(requests_that_must_not_be_sent),
      cmocka_unit_test(too_little_room_is_an_overflow),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

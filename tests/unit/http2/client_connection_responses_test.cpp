// The client's end: responses, their header blocks and what is wrong with them (RFC 9113 4.3, 8.1, 8.3.2).
#include "http2/client/client_connection.h"
#include "support/client_end.h"
#include "support/cmocka_test.h"
#include "support/lines.h"

namespace {

using namespace mote::test;
using mote::http2::ClientConnection;
using mote::http2::FrameType;
using mote::http2::kEndHeaders;
using mote::http2::kEndStream;
using mote::http2::kPadded;
using mote::http2::kPriority;

// The client reports these lines, then that the response is malformed (RFC 9113 8.1.1): a stream error, not a connection error.
void expect_malformed(const FrameScript& script, Lines before) {
  ReadyClient client;
  client.open();
  client.feed(script);
  before.emplace_back("malformed");
  expect(client.received(), before);
  expect(client.sent(), {"RST_STREAM 1 PROTOCOL_ERROR"});
  client.open(true);
  client.feed(FrameScript().headers(3, response(), kEndAll));
  expect(client.received(), {"end"});
}

void header_blocks_are_not_interrupted(void**) {
  const char* wanted = "failed PROTOCOL_ERROR header block interrupted";
  assert_string_equal(last_of(FrameScript().headers(1, response(), 0).ping(1)).c_str(), wanted);
  assert_string_equal(last_of(FrameScript().headers(1, response(), 0).headers(1, response())).c_str(), wanted);
  assert_string_equal(last_of(FrameScript().continuation(1, response().bytes())).c_str(), wanted);
  ReadyClient client;
  client.open();
  client.connection.reset();
  client.open();
  client.feed(FrameScript().headers(1, response(), 0).continuation(3, {}));
  expect(client.received(), {wanted});
}

void a_header_block_in_too_many_frames(void**) {
  FrameScript script;
  script.headers(1, grpc_response(), 0);
  for (int i = 0; i < 20; ++i)
    script.continuation(1, {}, 0);
  assert_string_equal(last_of(script).c_str(), "failed ENHANCE_YOUR_CALM header block in too many frames");
  FrameScript most;
  most.headers(1, grpc_response(), 0);
  for (int i = 2; i < mote::http2::ClientConnection::kHeaderFrames; ++i)
    most.continuation(1, {}, 0);
  assert_string_equal(last_of(most.continuation(1, {})).c_str(), "200 headers");
  // The same on a closed stream.
  ReadyClient client;
  client.open();
  client.connection.reset();
  client.feed(script);
  expect(client.received(), {"failed ENHANCE_YOUR_CALM header block in too many frames"});
}

void bad_hpack(void**) {
  const char* wanted = "failed COMPRESSION_ERROR HPACK";
  assert_string_equal(last_of(FrameScript().headers(1, Block().indexed(0))).c_str(), wanted);
  assert_string_equal(last_of(FrameScript().headers(1, Block().indexed(62))).c_str(), wanted);
  assert_string_equal(last_of(FrameScript().headers(1, Block().table_size(1).indexed(8))).c_str(), wanted);
  assert_string_equal(last_of(FrameScript().frame(FrameType::Headers, kEndHeaders, 1, {0x48, 0x03, '2'})).c_str(),
                      "failed COMPRESSION_ERROR header block cut short");
}

// RFC 7541 4.2 and 4.4: there is no table, and a literal with indexing is a field as any other.
void a_server_may_index_but_nothing_is_kept(void**) {
  ReadyClient client;
  client.open(true);
  client.feed(FrameScript().headers(1, Block().table_size(0).indexed(8).remembered("a", "b")));
  expect(client.received(), {"field a: b", "200 headers"});
  client.feed(FrameScript().headers(1, Block().indexed(62), kEndAll));
  expect(client.received(), {"failed COMPRESSION_ERROR HPACK"});
}

// RFC 9113 8.1: any number of 1xx may precede the response.
void informational_responses(void**) {
  ReadyClient client;
  client.open(true);
  client.feed(FrameScript().headers(1, response("100").literal("kept", "no")).headers(1, response("103")));
  expect(client.received(), {});
  client.feed(FrameScript().headers(1, response(), kEndAll));
  expect(client.received(), {"end"});
  assert_int_equal(client.connection.status(), 200);
  expect_malformed(FrameScript().headers(1, response("100"), kEndAll), {});
  FrameScript many;
  for (unsigned i = 0; i <= ClientConnection::kIdleFrames; ++i)
    many.headers(1, response("100"));
  assert_string_equal(last_of(many).c_str(), "failed ENHANCE_YOUR_CALM too many frames without progress");
}

// The whole response is malformed from the first field on.
void responses_without_a_status(void**) {
  for (const Block& block : {Block(), Block().literal("a", "b"), response("20"), response("2000"), response("abc"),
                             response("099"), response("-20"), response("2/0"), response("2:0"), response(" 200")}) {
    expect_malformed(FrameScript().headers(1, block), {});
    expect_malformed(FrameScript().headers(1, Block(block).literal("grpc-status", "5"), kEndAll), {});
  }
}

void malformed_fields(void**) {
  using std::string_view_literals::operator""sv;
  for (const auto& [name, value] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{{":status", "200"},
                                                                            {":path", "/"},
                                                                            {"UP", "x"},
                                                                            {"a b", "x"},
                                                                            {"", "x"},
                                                                            {"a", "x\n"},
                                                                            {"a", "\rx"},
                                                                            {"a", "x\0y"sv},
                                                                            {"grpc-message", "failed\n"},
                                                                            {"grpc-status", "5\r\n"}}) {
    const std::string line = "malformed field " + std::string(name);
    expect_malformed(FrameScript().headers(1, response().literal(name, value)), {line});
    expect_malformed(FrameScript().headers(1, response("103").literal(name, value)), {line});
    // The fields before and after it are not lost.
    expect_malformed(
        FrameScript().headers(1, response().literal("b", "1").literal(name, value).literal("c", "2"), kEndAll),
        {"field b: 1", line, "field c: 2"});
    expect_malformed(FrameScript()
                         .headers(1, response())
                         .headers(1, Block().literal(name, value).literal("grpc-status", "9"), kEndAll),
                     {"200 headers", line, "field grpc-status: 9"});
  }
}

// RFC 9113 8.2.1 calls them malformed; they are for the owner to trim.
void spaces_and_tabs_at_the_ends_of_values_are_accepted(void**) {
  for (const char* value : {" x", "x ", "\tx", "x\t", " ", "\t \t", "failed: "}) {
    ReadyClient client;
    client.open(true);
    client.feed(FrameScript().headers(1, response().literal("grpc-message", value), kEndAll));
    expect(client.received(), {"field grpc-message: " + std::string(value), "end"});
  }
}

// Later frames of the stream are discarded: the rest of the header block, CONTINUATION and DATA.
void a_malformed_response_ends_only_its_stream(void**) {
  ReadyClient client;
  client.open(true);
  client.feed(FrameScript()
                  .headers(1, Block().literal("a", "1"), 0)
                  .continuation(1, Block().literal("b", "2").bytes(), 0)
                  .continuation(1, {})
                  .data(1, "late")
                  .headers(1, Block().literal("grpc-status", "0"), kEndAll)
                  .ping(1));
  expect(client.received(), {"malformed"});
  expect(client.sent(), {"RST_STREAM 1 PROTOCOL_ERROR", "PING ack 1"});
  client.open(true);
  client.feed(FrameScript().headers(3, response(), kEndAll));
  expect(client.received(), {"end"});
}

void every_status_is_read(void**) {
  for (unsigned status = 200; status < 1000; ++status) {
    ReadyClient client;
    client.open(true);
    client.feed(FrameScript().headers(1, response(std::to_string(status))));
    assert_int_equal(client.connection.status(), status);
  }
}

void trailers_have_no_pseudo_fields_and_end_the_stream(void**) {
  const FrameScript begun = FrameScript().headers(1, grpc_response());
  const char* type = "field content-type: application/grpc";
  expect_malformed(FrameScript(begun).headers(1, Block().literal("grpc-status", "0").indexed(8), kEndAll),
                   {type, "200 headers", "field grpc-status: 0", "malformed field :status"});
  expect_malformed(FrameScript(begun).headers(1, Block().literal("grpc-status", "0")), {type, "200 headers"});
}

void data_before_the_response(void**) {
  expect_malformed(FrameScript().data(1, "x"), {});
  expect_malformed(FrameScript().data(1, "x", kEndStream), {});
  expect_malformed(FrameScript().headers(1, response("100")).data(1, "x"), {});
}

// Fields above the limit are still passed on, because grpc-status is among the last.
void sections_that_are_too_large(void**) {
  const Block large = response().literal("x-large", std::string(100, 'x')).literal("grpc-status", "7");
  const std::string field = "field x-large: " + std::string(100, 'x');
  {
    ReadyClient client({.header_bytes = 150});
    client.open(true);
    client.feed(FrameScript().headers(1, large, kEndAll));
    expect(client.received(), {field, "field grpc-status: 7", "end too large"});
  }
  {
    ReadyClient client({}, 65536, 50);
    client.open(true);
    client.feed(FrameScript().headers(1, large));
    expect(client.received(), {"field grpc-status: 7", "200 headers too large"});
    client.feed(FrameScript().headers(1, Block().literal("a", "b"), kEndAll));
    expect(client.received(), {"field a: b", "end"});
  }
}

// RFC 9113 6.5.2: each field counts for its bytes and 32 more.
void a_section_of_the_largest_size(void**) {
  for (const std::size_t more : {0U, 1U}) {
    ReadyClient client({.header_bytes = 7 + 3 + 32 + 1 + 100 + 32});
    client.open(true);
    const std::string value(100 + more, 'v');
    client.feed(FrameScript().headers(1, response().literal("x", value)));
    expect(client.received(), {"field x: " + value, more == 0 ? "200 headers" : "200 headers too large"});
  }
}

void a_status_behind_something_else(void**) {
  expect_malformed(FrameScript().headers(1, Block().literal("x", "y").literal(":status", "200"), kEndAll), {});
  expect_malformed(FrameScript().headers(1, Block().literal(":status", "20").literal(":status", "200"), kEndAll), {});
}

// Also where it is as long as the data, however it is cut.
void padding_in_pieces(void**) {
  const Octets bytes = FrameScript().headers(1, response()).padded_data(1, "abc", 3, kEndStream).bytes();
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    ReadyClient client;
    client.open(true);
    const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(cut);
    client.feed(Octets(bytes.begin(), middle));
    client.feed(Octets(middle, bytes.end()));
    expect(client.received(), {"200 headers", "data abc", "end"});
  }
}

void padding(void**) {
  ReadyClient client({.stream_window_bytes = 100});
  client.open(true);
  Octets payload = {3, 0, 0, 0, 1, 16};
  payload = payload + response().bytes() + Octets(3);
  client.feed(FrameScript().frame(FrameType::Headers, kPadded | kPriority | kEndHeaders, 1, payload));
  client.feed(FrameScript().padded_data(1, "padded", 9).padded_data(1, "", 0, kEndStream));
  expect(client.received(), {"200 headers", "data padded", "end"});
  assert_int_equal(client.connection.allowed_bytes(), 100 - 6 - 10 - 1);
  assert_string_equal(last_of(FrameScript().frame(FrameType::Data, kPadded, 1, {2, 'x'})).c_str(),
                      "failed PROTOCOL_ERROR padding longer than its frame");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(header_blocks_are_not_interrupted),
      cmocka_unit_test(a_header_block_in_too_many_frames),
      cmocka_unit_test(bad_hpack),
      cmocka_unit_test(a_server_may_index_but_nothing_is_kept),
      cmocka_unit_test(informational_responses),
      cmocka_unit_test(responses_without_a_status),
      cmocka_unit_test(malformed_fields),
      cmocka_unit_test(spaces_and_tabs_at_the_ends_of_values_are_accepted),
      cmocka_unit_test(a_malformed_response_ends_only_its_stream),
      cmocka_unit_test(every_status_is_read),
      cmocka_unit_test(trailers_have_no_pseudo_fields_and_end_the_stream),
      cmocka_unit_test(data_before_the_response),
      cmocka_unit_test(sections_that_are_too_large),
      cmocka_unit_test(a_section_of_the_largest_size),
      cmocka_unit_test(a_status_behind_something_else),
      cmocka_unit_test(padding_in_pieces),
      cmocka_unit_test(padding),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

#include "http2/frame.h"

#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/hex.h"
#include "support/written.h"

using mote::test::from_hex;
using mote::test::written;
using namespace mote;
using namespace mote::http2;

namespace {

std::string hex_text(std::string_view hex) {
  return std::string(as_text(from_hex(hex)));
}

FrameHeader header_from(std::string_view hex) {
  const std::vector<std::uint8_t> bytes = from_hex(hex);
  ByteReader in(bytes);
  const FrameHeader header = read_frame_header(in);
  assert_true(in.empty());
  return header;
}

// RFC 9113 4.1: 24 bits of length, 8 of type, 8 of flags, 31 of stream.
void reads_a_header(void**) {
  const FrameHeader header = header_from("010203 01 25 04050607");
  assert_int_equal(header.length, 0x010203);
  assert_int_equal(header.type, FrameType::Headers);
  assert_int_equal(header.flags, kEndStream | kEndHeaders | kPriority);
  assert_int_equal(header.stream, 0x04050607);
}

// RFC 9113 4.1: the reserved bit is ignored, and nothing else.
void reads_the_largest_header(void**) {
  const FrameHeader header = header_from("ffffff ff ff ffffffff");
  assert_int_equal(header.length, kMaxMaxFrameBytes);
  assert_int_equal(header.type, 0xff);
  assert_int_equal(header.flags, 0xff);
  assert_int_equal(header.stream, kMaxStreamId);
}

void reading_a_header_leaves_the_payload(void**) {
  const std::vector<std::uint8_t> bytes = from_hex("000002 00 01 00000003 abcd");
  ByteReader in(bytes);
  assert_int_equal(read_frame_header(in).stream, 3);
  assert_int_equal(in.remaining(), 2);
  assert_int_equal(in.peek(), 0xab);
}

void writes_what_it_reads(void**) {
  const std::string expected = hex_text("010203 09 04 7fffffff");
  const FrameHeader header = header_from("010203 09 04 ffffffff");
  assert_true(written([&](ByteWriter& out) { write_frame_header(out, header); }) == expected);
}

// RFC 9113 4.1: the reserved bit is always sent as 0.
void writes_no_reserved_bit(void**) {
  const FrameHeader header = {.length = 0, .type = FrameType::Data, .flags = kEndStream, .stream = 0x80000001};
  assert_true(written([&](ByteWriter& out) { write_frame_header(out, header); }) == hex_text("000000 00 01 00000001"));
  assert_true(written([](ByteWriter& out) { write_window_update(out, 0x80000001, 0x80000002); }) ==
              hex_text("000004 08 00 00000001 00000002"));
  assert_true(written([](ByteWriter& out) { write_goaway(out, 0xffffffff, ErrorCode::NoError, ""); }) ==
              hex_text("000008 07 00 00000000 7fffffff 00000000"));
}

// RFC 9113 6.5.
void writes_settings(void**) {
  const std::vector<Setting> settings = {{SettingId::HeaderTableSize, 4096},
                                         {SettingId::InitialWindowSize, 0x01020304}};
  assert_true(written([&](ByteWriter& out) { write_settings(out, settings); }) ==
              hex_text("00000c 04 00 00000000 0001 00001000 0004 01020304"));
  assert_true(written([](ByteWriter& out) { write_settings(out, {}); }) == hex_text("000000 04 00 00000000"));
  assert_true(written([](ByteWriter& out) { write_settings_ack(out); }) == hex_text("000000 04 01 00000000"));
}

// RFC 9113 6.5.2: unknown ones must be seen to be ignored.
void reads_settings(void**) {
  const std::vector<std::uint8_t> bytes = from_hex("0003 00000064 f1f2 ffffffff");
  ByteReader in(bytes);
  const Setting known = read_setting(in);
  assert_int_equal(known.id, SettingId::MaxConcurrentStreams);
  assert_int_equal(known.value, 100);
  const Setting foreign = read_setting(in);
  assert_int_equal(foreign.id, 0xf1f2);
  assert_int_equal(foreign.value, 0xffffffff);
  assert_true(in.empty());
}

// RFC 9113 6.9 and 6.8: the bit before an increment and before a stream id is reserved.
void reads_31_bits(void**) {
  const std::vector<std::uint8_t> bytes = from_hex("ffffffff 80000000 00010203");
  ByteReader in(bytes);
  assert_int_equal(read_u31(in), 0x7fffffff);
  assert_int_equal(read_u31(in), 0);
  assert_int_equal(read_u31(in), 0x10203);
}

// RFC 9113 6.7: the 8 bytes are returned unchanged.
void a_ping_carries_8_opaque_bytes(void**) {
  const std::vector<std::uint8_t> bytes = from_hex("fedcba9876543210");
  ByteReader in(bytes);
  const std::uint64_t opaque = read_ping(in);
  assert_true(in.empty());
  assert_true(written([&](ByteWriter& out) { write_ping(out, true, opaque); }) ==
              hex_text("000008 06 01 00000000 fedcba9876543210"));
  assert_true(written([&](ByteWriter& out) { write_ping(out, false, opaque); }) ==
              hex_text("000008 06 00 00000000 fedcba9876543210"));
}

// RFC 9113 6.4.
void writes_rst_stream(void**) {
  assert_true(written([](ByteWriter& out) { write_rst_stream(out, 5, ErrorCode::Cancel); }) ==
              hex_text("000004 03 00 00000005 00000008"));
}

// RFC 9113 6.9.
void writes_window_update(void**) {
  assert_true(written([](ByteWriter& out) { write_window_update(out, 7, 65535); }) ==
              hex_text("000004 08 00 00000007 0000ffff"));
}

// RFC 9113 6.8.
void writes_goaway_with_its_reason(void**) {
  assert_true(written([](ByteWriter& out) { write_goaway(out, 9, ErrorCode::EnhanceYourCalm, "calm"); }) ==
              hex_text("00000c 07 00 00000000 00000009 0000000b") + "calm");
}

// One byte less than a frame needs, for every kind.
void text_that_does_not_fit_overflows(void**) {
  const std::vector<Setting> settings = {{SettingId::EnablePush, 0}};
  const auto fits = [](auto&& write, std::size_t size) {
    assert_true(written(write, size).has_value());
    assert_int_equal(written(write, size)->size(), size);
    assert_false(written(write, size - 1).has_value());
  };
  fits([](ByteWriter& out) { write_frame_header(out, {}); }, 9);
  fits([&](ByteWriter& out) { write_settings(out, settings); }, 15);
  fits([](ByteWriter& out) { write_settings_ack(out); }, 9);
  fits([](ByteWriter& out) { write_ping(out, false, 1); }, 17);
  fits([](ByteWriter& out) { write_rst_stream(out, 1, ErrorCode::NoError); }, 13);
  fits([](ByteWriter& out) { write_window_update(out, 1, 1); }, 13);
  fits([](ByteWriter& out) { write_goaway(out, 1, ErrorCode::NoError, "bye"); }, 20);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(reads_a_header),
      cmocka_unit_test(reads_the_largest_header),
      cmocka_unit_test(reading_a_header_leaves_the_payload),
      cmocka_unit_test(writes_what_it_reads),
      cmocka_unit_test(writes_no_reserved_bit),
      cmocka_unit_test(writes_settings),
      cmocka_unit_test(reads_settings),
      cmocka_unit_test(reads_31_bits),
      cmocka_unit_test(a_ping_carries_8_opaque_bytes),
      cmocka_unit_test(writes_rst_stream),
      cmocka_unit_test(writes_window_update),
      cmocka_unit_test(writes_goaway_with_its_reason),
      cmocka_unit_test(text_that_does_not_fit_overflows),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

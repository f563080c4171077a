// gzip: round trips, streams of other programs, and what is malformed.
#include "gzip/gzip.h"

#include <random>
#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/seed.h"

namespace {

using namespace mote;
using namespace mote::gzip;

// "hello hello hello hello" from Python, with the smallest head and with all fields that a head may have (RFC 1952 2.3).
const std::string kHello("hello hello hello hello");
const std::string kShort(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01\xe3\x51\x3d\x8d"
    "\x17\x00\x00\x00",
    28);
const std::string kLong(
    "\x1f\x8b\x08\x1e\x00\x00\x00\x00\x00\x03\x02\x00\x61\x62\x6e\x61\x6d\x65\x00\x63\x6f\x6d\x6d\x65"
    "\x6e\x74\x00\xa0\xf0\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01\xe3\x51\x3d\x8d\x17\x00\x00\x00",
    47);

struct Memory {
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(Gzip::kMemoryBytes, 0xcc);
  Gzip gzip{bytes};
};

// All output in pieces of `piece` bytes, then what the last step returned; input comes in pieces of that size too.
template <class Step>
std::string run(std::string_view input, std::size_t piece, Step step) {
  std::string output;
  std::vector<std::uint8_t> room(piece);
  Progress progress = Progress::NeedsInput;
  do {
    ByteReader in(as_bytes(input.substr(0, piece)));
    input.remove_prefix(in.remaining());
    do {
      ByteWriter out(room);
      progress = step(in, out, input.empty());
      output += as_text(out.written());
    } while (progress == Progress::NeedsRoom);
    if (progress == Progress::Malformed) return "malformed";
    if (progress == Progress::End) return in.empty() && input.empty() ? output : "bytes are left";
  } while (!input.empty());
  return "incomplete";
}

std::string inflated(std::string_view input, std::size_t piece = 1000) {
  Memory memory;
  memory.gzip.begin_inflate();
  std::string output =
      run(input, piece, [&](ByteReader& in, ByteWriter& out, bool) { return memory.gzip.inflate(in, out); });
  assert_true(memory.gzip.used() <= Gzip::kMemoryBytes);
  return output;
}

std::string deflated(std::string_view input, std::size_t piece = 1000) {
  Memory memory;
  memory.gzip.begin_deflate();
  return run(input, piece,
             [&](ByteReader& in, ByteWriter& out, bool last) { return memory.gzip.deflate(in, out, last); });
}

void test_what_other_programs_compress(void**) {
  for (const std::size_t piece : {1U, 2U, 7U, 1000U}) {
    assert_string_equal(inflated(kShort, piece).c_str(), kHello.c_str());
    assert_string_equal(inflated(kLong, piece).c_str(), kHello.c_str());
  }
}

std::string random_text(std::mt19937& random, std::size_t size) {
  std::uniform_int_distribution<int> letters(0, random() % 2 == 0 ? 3 : 255);
  std::string text;
  while (text.size() < size)
    text += static_cast<char>(letters(random));
  return text;
}

void test_round_trips_of_any_size(void**) {
  std::mt19937 random = test::seeded_random();
  for (const std::size_t size : {0U, 1U, 100U, 4095U, 4097U, 33'000U, 100'000U}) {
    for (const std::size_t piece : {1U, 300U, 20'000U}) {
      if (piece == 1 && size > 10'000) continue;
      const std::string text = random_text(random, size);
      assert_true(inflated(deflated(text, piece), piece) == text);
    }
  }
}

void test_it_becomes_smaller(void**) {
  assert_in_range(deflated(std::string(100'000, '\0')).size(), 1, 1000);
}

// A window of 32 KiB, the largest that the format allows, is filled and used.
void test_the_memory_suffices(void**) {
  std::mt19937 random = test::seeded_random();
  const std::string text = random_text(random, 70'000);
  Memory memory;
  for (int round = 0; round < 3; ++round) {
    memory.gzip.begin_deflate();
    const std::string compressed =
        run(text, 9000, [&](ByteReader& in, ByteWriter& out, bool last) { return memory.gzip.deflate(in, out, last); });
    assert_in_range(memory.gzip.used(), 32 * 1024, Gzip::kMemoryBytes);
    memory.gzip.begin_inflate();
    assert_true(run(compressed, 9000,
                    [&](ByteReader& in, ByteWriter& out, bool) { return memory.gzip.inflate(in, out); }) == text);
    assert_in_range(memory.gzip.used(), 39 * 1024, Gzip::kMemoryBytes);
  }
}

void test_every_cut_is_incomplete(void**) {
  for (std::size_t size = 0; size < kLong.size(); ++size)
    assert_string_equal(inflated(std::string_view(kLong).substr(0, size)).c_str(), "incomplete");
}

void test_bytes_behind_the_end_are_left(void**) {
  assert_string_equal(inflated(kShort + "x").c_str(), "bytes are left");
  assert_string_equal(inflated(kShort + kShort).c_str(), "bytes are left");
}

// Each byte of the head that has one value, a type of block that does not exist, the checksum, the length.
void test_malformed_streams(void**) {
  for (const std::size_t at : {0U, 1U, 2U, 3U, 10U, 20U, 23U, 24U, 27U}) {
    std::string bad = kShort;
    bad[at] = static_cast<char>(bad[at] ^ 0xe6);
    assert_string_equal(inflated(bad).c_str(), "malformed");
  }
  assert_string_equal(inflated("hello").c_str(), "malformed");
  // zlib's own format, and a distance that is further back than the data.
  assert_string_equal(inflated(std::string_view("\x78\x9c\x03\x00\x00\x00\x00\x01", 8)).c_str(), "malformed");
}

// A stream that failed or was not read to its end does not spoil the next one.
void test_a_new_stream_begins_anew(void**) {
  Memory memory;
  const auto inflate = [&](std::string_view input) {
    memory.gzip.begin_inflate();
    return run(input, 1000, [&](ByteReader& in, ByteWriter& out, bool) { return memory.gzip.inflate(in, out); });
  };
  assert_string_equal(inflate("no gzip").c_str(), "malformed");
  assert_string_equal(inflate(std::string_view(kShort).substr(0, 15)).c_str(), "incomplete");
  assert_string_equal(inflate(kShort).c_str(), kHello.c_str());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_what_other_programs_compress),
      cmocka_unit_test(test_round_trips_of_any_size),
      cmocka_unit_test(test_it_becomes_smaller),
      cmocka_unit_test(test_the_memory_suffices),
      cmocka_unit_test(test_every_cut_is_incomplete),
      cmocka_unit_test(test_bytes_behind_the_end_are_left),
      cmocka_unit_test(test_malformed_streams),
      cmocka_unit_test(test_a_new_stream_begins_anew),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

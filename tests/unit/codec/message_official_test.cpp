// nanopb's reading and writing of echo.proto beside protobuf's own, on messages made at random (MOTE_TEST_SEED).
#include <algorithm>
#include <csetjmp>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "codec/message.h"
#include "echo.pb.h"
#include "encoded.h"
#include "oddities.h"
#include "official_echo.h"
#include "pieces.h"

extern "C" {
#include <cmocka.h>
}

namespace mote::codec {
namespace {

using namespace std::string_view_literals;

const Shape kTiming{{{1, {Kind::Uint64}}, {2, {Kind::Uint64}}}};
const Shape kReply{{{1, {Kind::Text}}, {2, {Kind::Uint32}}, {3, {Kind::Message, &kTiming}}}};
const Shape kRequest{{{1, {Kind::Text}}, {2, {Kind::Uint32}}, {3, {Kind::Uint32}}, {4, {Kind::Bool}}}};

std::string text_of(const mote_bytes& value) {
  std::string text(mote_bytes_size(&value), '\0');
  assert_int_equal(mote_bytes_copy(&value, text.data(), text.size()), text.size());
  return text;
}

official::Request plain(const echo_EchoRequest& read) {
  return {text_of(read.message), read.count, read.interval_ms, read.timing};
}

official::Reply plain(const echo_EchoReply& read) {
  official::Reply reply{text_of(read.message), read.number, std::nullopt};
  if (read.has_timing) reply.timing = official::Timing{read.timing.received_us, read.timing.sent_us};
  return reply;
}

std::uint32_t seed_of_this_run() {
  const char* const given = std::getenv("MOTE_TEST_SEED");
  const auto seed =
      given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  std::printf("MOTE_TEST_SEED=%u\n", seed);
  return seed;
}

class Random {
 public:
  // Below `bound`.
  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(engine_); }

  // Numbers of all lengths, zero among them.
  std::uint64_t number() {
    const std::size_t bits = below(65);
    return bits == 0 ? 0 : engine_() >> (64 - bits);
  }

  std::string text() {
    static constexpr std::string_view kCharacters[] = {"a",   "hello ", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                                       "\0"sv};
    std::string text;
    for (std::size_t left = below(8); left > 0; --left)
      text += kCharacters[below(std::size(kCharacters))];
    return text;
  }

  official::Request request() {
    return {text(), static_cast<std::uint32_t>(number()), static_cast<std::uint32_t>(number()), below(2) == 1};
  }

  official::Reply reply() {
    official::Reply reply{text(), static_cast<std::uint32_t>(number()), std::nullopt};
    if (below(2) == 1) reply.timing = official::Timing{number(), number()};
    return reply;
  }

  // A message cut into up to four pieces.
  Pieces pieces(std::string_view bytes) {
    std::vector<std::size_t> cuts;
    for (std::size_t left = below(4); left > 0; --left)
      cuts.push_back(below(bytes.size() + 1));
    std::sort(cuts.begin(), cuts.end());
    return {bytes, cuts};
  }

  void flip_a_bit(char& byte) { byte = static_cast<char>(static_cast<unsigned>(byte) ^ 1U << below(8)); }

  void damage(std::string& bytes) {
    // Tags of our fields with every wire type, numbers and lengths that are too long, unknown fields, groups.
    static constexpr std::string_view kFragments[] = {"\x08",
                                                      "\x0a",
                                                      "\x0b",
                                                      "\x0c",
                                                      "\x0d",
                                                      "\x0f",
                                                      "\x12",
                                                      "\x15",
                                                      "\x18",
                                                      "\x1a\x02\x08\x01"sv,
                                                      "\x1a\x00"sv,
                                                      "\x20",
                                                      "\x22",
                                                      "\x00"sv,
                                                      "\x02",
                                                      "\x78\x01",
                                                      "\x79zzzzzzzz",
                                                      "\x7a\x03zzz",
                                                      "\x7dzzzz",
                                                      "\x7b\x7c",
                                                      "\x0a\x01\xff",
                                                      "\xff\xff\xff\xff\x0f",
                                                      "\xff\xff\xff\xff\x7f",
                                                      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                                                      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                                                      "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"sv,
                                                      "\x85\x80\x80\x80\x80\x00"sv,
                                                      "\xed\xa0\x80",
                                                      "\x0a\x00"sv,
                                                      "\x10\x05",
                                                      "\x08\x05",
                                                      "\x0d\x01\x02\x03\x04"};
    const std::size_t at = below(bytes.size() + 1);
    switch (bytes.empty() ? 0 : below(6)) {
      case 0:
        bytes.insert(at, kFragments[below(std::size(kFragments))]);
        return;
      case 1:
        bytes.insert(at, 1, static_cast<char>(below(256)));
        return;
      case 2:
        flip_a_bit(bytes[below(bytes.size())]);
        return;
      case 3:
        bytes[below(bytes.size())] = static_cast<char>(below(256));
        return;
      case 4:
        bytes.erase(below(bytes.size()), 1 + below(3));
        return;
      default:
        bytes.resize(at);
    }
  }

 private:
  std::mt19937_64 engine_{seed_of_this_run()};
};

template <class Message, class Plain>
void assert_reads_and_writes_the_same(Random& random, const Plain& wanted) {
  const std::string bytes = official::write(wanted);
  const Pieces pieces = random.pieces(bytes);
  Message read{};
  assert_true(decode(pieces.list(), pieces.size(), read).ok());
  assert_true(plain(read) == wanted);
  assert_true(encoded(read) == bytes);
}

void test_messages_go_both_ways(void**) {
  Random random;
  for (int i = 0; i < 20'000; ++i) {
    assert_reads_and_writes_the_same<echo_EchoRequest>(random, random.request());
    assert_reads_and_writes_the_same<echo_EchoReply>(random, random.reply());
  }
}

struct Tally {
  int read = 0;
  int refused = 0;
  int odd = 0;
};

template <class Message, class Plain>
void compare(const Pieces& pieces, std::string_view bytes, const std::optional<Plain>& official, const Shape& shape,
             Tally& tally) {
  Message message{};
  const DecodeResult result = decode(pieces.list(), pieces.size(), message);
  if (has_oddity(bytes, shape)) {
    ++tally.odd;
    return;
  }
  if (result.ok() != official.has_value() || (result.ok() && plain(message) != *official)) {
    for (const char c : bytes)
      std::printf("%02x ", static_cast<unsigned>(static_cast<std::uint8_t>(c)));
    fail_msg("protobuf: %s, here: %s", official ? "read" : "refused", result.ok() ? "read" : result.reason);
  }
  ++(result.ok() ? tally.read : tally.refused);
}

void test_damaged_messages_get_the_same_verdict(void**) {
  official::be_quiet();
  Random random;
  Tally tally;
  for (int i = 0; i < 100'000; ++i) {
    const bool is_request = random.below(2) == 1;
    // Two in a row are one message whose later fields win.
    std::string bytes = is_request ? official::write(random.request()) : official::write(random.reply());
    if (random.below(4) == 0) bytes += is_request ? official::write(random.request()) : official::write(random.reply());
    for (std::size_t left = random.below(4); left > 0; --left)
      random.damage(bytes);
    const Pieces pieces = random.pieces(bytes);
    if (is_request) {
      compare<echo_EchoRequest>(pieces, bytes, official::read_request(bytes), kRequest, tally);
    } else {
      compare<echo_EchoReply>(pieces, bytes, official::read_reply(bytes), kReply, tally);
    }
  }
  std::printf("read %d, refused %d, differences by name %d\n", tally.read, tally.refused, tally.odd);
  assert_in_range(tally.read, 20'000, 100'000);
  assert_in_range(tally.refused, 20'000, 100'000);
}

struct Difference {
  std::string_view bytes;
  bool read_here;
};

constexpr Difference kDifferences[] = {
    {"\x12\x01x"sv, false},                                             // text where a number belongs
    {"\x18\x01"sv, false},                                              // a number where a message belongs
    {"\x0b\x0c"sv, false},                                              // a group, of a number of ours
    {"\x7b\x7c"sv, false},                                              // and of another
    {"\x10\xff\xff\xff\xff\x10"sv, false},                              // a number above 32 bits
    {"\x1a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"sv, false},  // above 64
    {"\x90\x80\x80\x80\x10\x05"sv, false},                              // a tag above 32 bits
    {"\x90\x80\x80\x80\x80\x00\x05"sv, true},                           // a tag of 6 bytes
    {"\x0a\x81\x80\x80\x80\x80\x00x"sv, true},                          // a length of 6 bytes
    {"\x78\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"sv, true},       // an unknown number of 11 bytes
};

// What src/codec/message.h names: each is a difference indeed, and has_oddity() excuses it.
void test_the_named_differences(void**) {
  for (const Difference& difference : kDifferences) {
    const Pieces pieces(difference.bytes);
    echo_EchoReply reply;
    assert_int_equal(decode(pieces.list(), pieces.size(), reply).ok(), difference.read_here);
    assert_int_equal(official::read_reply(difference.bytes).has_value(), !difference.read_here);
    assert_true(has_oddity(difference.bytes, kReply));
  }
}

int run_all() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_messages_go_both_ways),
      cmocka_unit_test(test_damaged_messages_get_the_same_verdict),
      cmocka_unit_test(test_the_named_differences),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

}  // namespace
}  // namespace mote::codec

int main() {
  return mote::codec::run_all();
}

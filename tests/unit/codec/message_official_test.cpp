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

#include "echo.pb.h"
#include "encoded.h"
#include "mote/message.h"
#include "official_echo.h"
#include "pieces.h"

extern "C" {
#include <cmocka.h>
}

namespace mote::codec {
namespace {

using namespace std::string_view_literals;

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
                                                      "\x7b",
                                                      "\x7c",
                                                      "\x83\x01",
                                                      "\x84\x01",
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
};

template <class Message, class Plain>
void compare(const Pieces& pieces, std::string_view bytes, const std::optional<Plain>& official, Tally& tally) {
  Message message{};
  const DecodeResult result = decode(pieces.list(), pieces.size(), message);
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
      compare<echo_EchoRequest>(pieces, bytes, official::read_request(bytes), tally);
    } else {
      compare<echo_EchoReply>(pieces, bytes, official::read_reply(bytes), tally);
    }
  }
  std::printf("read %d, refused %d\n", tally.read, tally.refused);
  assert_in_range(tally.read, 20'000, 100'000);
  assert_in_range(tally.refused, 20'000, 100'000);
}

struct Rule {
  std::string_view bytes;
  bool read;
};

// Each kind of input in which parsers are known to differ.
constexpr Rule kRules[] = {
    {"\x12\x01x"sv, true},                                             // text where a number belongs
    {"\x18\x01"sv, true},                                              // a number where a message belongs
    {"\x0b\x0c"sv, true},                                              // a group with the number of a known field
    {"\x7b\x7c"sv, true},                                              // an unknown group
    {"\x7b\x83\x01\x7a\x01x\x78\x01\x84\x01\x7c\x10\x05"sv, true},     // a group in a group, with values
    {"\x7b\x10\x05"sv, false},                                         // a group that does not end
    {"\x7b\x83\x01\x7c\x84\x01"sv, false},                             // groups that end in the wrong order
    {"\x7b\x84\x01"sv, false},                                         // the end of another group
    {"\x7c"sv, false},                                                 // an end without a start
    {"\x1a\x01\x7b\x7c"sv, false},                                     // a group that ends outside of its message
    {"\x1a\x02\x7b\x7c"sv, true},                                      // a group in a message
    {"\x10\xff\xff\xff\xff\x10"sv, true},                              // a number above 32 bits
    {"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv, true},          // -1
    {"\x1a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"sv, true},  // above 64
    {"\x90\x80\x80\x80\x10\x05"sv, true},                              // a tag above 32 bits
    {"\x90\x80\x80\x80\x80\x00\x05"sv, false},                         // a tag of 6 bytes
    {"\x0a\x81\x80\x80\x80\x80\x00x"sv, false},                        // a length of 6 bytes
    {"\x78\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"sv, false},     // an unknown number of 11 bytes
    {"\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"sv, false},     // a known number of 11 bytes
    {"\x10\x85\x80\x80\x80\x80\x80\x80\x80\x80\x00"sv, true},          // of 10
    {"\x10\x05\x7e"sv, false},                                         // wire type 6
    {"\x10\x05\x7f"sv, false},                                         // wire type 7
    {"\x00"sv, false},                                                 // field number 0
    {"\x03\x04"sv, false},                                             // a group with number 0
};

void test_the_rules_by_name(void**) {
  for (const Rule& rule : kRules) {
    const Pieces pieces = Pieces::of_size(rule.bytes, 1);
    echo_EchoReply reply;
    const DecodeResult result = decode(pieces.list(), pieces.size(), reply);
    const auto official = official::read_reply(rule.bytes);
    assert_int_equal(official.has_value(), rule.read);
    assert_int_equal(result.ok(), rule.read);
    if (rule.read) assert_true(plain(reply) == *official);
  }
}

std::string nested_groups(std::size_t depth) {
  return std::string(depth, '\x7b') + std::string(depth, '\x7c');
}

std::string in_timing(const std::string& bytes) {
  return "\x1a" + std::string(1, static_cast<char>(0x80 | (bytes.size() & 0x7f))) +
         std::string(1, static_cast<char>(bytes.size() >> 7)) + bytes;
}

// 100 messages and groups may lie inside each other.
void test_the_depth_of_groups(void**) {
  official::be_quiet();
  const auto is_read = [](const std::string& bytes) {
    const Pieces pieces(bytes);
    echo_EchoReply reply;
    const bool ok = decode(pieces.list(), pieces.size(), reply).ok();
    assert_int_equal(ok, official::read_reply(bytes).has_value());
    return ok;
  };
  assert_true(is_read(nested_groups(100)));
  assert_false(is_read(nested_groups(101)));
  assert_true(is_read(in_timing(nested_groups(99))));
  assert_false(is_read(in_timing(nested_groups(100))));
}

int run_all() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_messages_go_both_ways),
      cmocka_unit_test(test_damaged_messages_get_the_same_verdict),
      cmocka_unit_test(test_the_rules_by_name),
      cmocka_unit_test(test_the_depth_of_groups),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

}  // namespace
}  // namespace mote::codec

int main() {
  return mote::codec::run_all();
}

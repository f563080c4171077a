#include "services/descriptor_search.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <forward_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "described.mote.h"
#include "mote/span.h"
#include "support/cmocka_test.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::test;
using descriptors::FileDescriptor;
using services::Extension;
using namespace std::string_view_literals;

const FileDescriptor& file = descriptors::described_proto;

constexpr std::array<std::string_view, 21> kDeclared = {
    "described.v1.unit",
    "described.v1.Color",
    "described.v1.NONE",
    "described.v1.RED",
    "described.v1.Outer",
    "described.v1.Outer.precision",
    "described.v1.Outer.stored",
    "described.v1.Outer.Kind",
    "described.v1.Outer.HEAT",
    "described.v1.Outer.Inner",
    "described.v1.Outer.Inner.Innermost",
    "described.v1.Outer.Inner.Innermost.snake_case",
    "described.v1.Outer.Inner.innermost",
    "described.v1.Outer.time",
    "described.v1.Outer.value",
    "described.v1.Outer.number",
    "described.v1.Outer.text",
    "described.v1.Outer.inner",
    "described.v1.OuterSpace",
    "described.v1.Described",
    "described.v1.Described.Look",
};

// A received value: in pieces of `size` bytes, as a message that arrived in parts.
struct Received {
  explicit Received(std::string_view text, std::size_t size) {
    const Bytes bytes = as_bytes(text);
    for (std::size_t at = 0; at < bytes.size(); at += size)
      pieces.push_back({nullptr, bytes.data() + at, std::min(size, bytes.size() - at)});
    for (std::size_t i = 0; i + 1 < pieces.size(); ++i)
      pieces[i].next = &pieces[i + 1];
    value = {nullptr, pieces.data(), 0, 0, text.size()};
  }

  std::vector<mote_piece> pieces;
  mote_bytes value{};
};

bool declared(std::string_view symbol) {
  const bool in_bytes = services::declares(file, Received(symbol, 1).value);
  const bool whole = services::declares(file, Received(symbol, SIZE_MAX).value);
  assert_int_equal(in_bytes, whole);
  return whole;
}

bool declared_message(std::string_view name) {
  return services::declares_message(file, Received(name, 4).value);
}

void test_every_kind_of_declaration(void**) {
  for (const std::string_view symbol : kDeclared)
    assert_true(declared(symbol));
}

// Each name without its last letter, with one more, and as a scope of something else.
void test_other_names(void**) {
  for (const std::string_view symbol : kDeclared) {
    if (symbol != "described.v1.OuterSpace") assert_false(declared(symbol.substr(0, symbol.size() - 1)));
    assert_false(declared(std::string(symbol) + "s"));
    assert_false(declared(std::string(symbol) + "."));
    assert_false(declared(std::string(symbol) + ".x"));
    assert_false(declared("." + std::string(symbol)));
  }
  for (const std::string_view none :
       {"", ".", ".unit", ".Outer", ".Outer.Inner.Innermost", "described", "described.v1", "described.v1.", "Outer",
        "described.v2.Outer", "described.v1.outer", "described.v1.Color.RED", "google.protobuf.Timestamp"}) {
    assert_false(declared(none));
  }
}

void test_messages(void**) {
  for (const std::string_view message :
       {"described.v1.Outer", "described.v1.Outer.Inner.Innermost", "described.v1.OuterSpace"})
    assert_true(declared_message(message));
  for (const std::string_view other : {"described.v1.Color", "described.v1.Described", "described.v1.Outer.time",
                                       "described.v1.unit", "described.v1.Outer.Kind", "described.v1.Out"}) {
    assert_false(declared_message(other));
  }
}

void test_extensions(void**) {
  std::forward_list<Extension> found;
  services::collect_extensions(file, found);
  Lines lines;
  for (const Extension& extension : found) {
    assert_true(extension.file == &file);
    lines.push_back(std::string(extension.extended) + " " + std::to_string(extension.number));
  }
  expect(lines, {"google.protobuf.FieldOptions 50001", "google.protobuf.MessageOptions 50003",
                 "google.protobuf.FieldOptions 50002"});
}

// Fields of every wire type, which no descriptor has today, lie between the declarations.
void test_unknown_fields(void**) {
  constexpr std::string_view kBytes =
      "\x12\x01p"
      "\x78\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01\x22\x03\x0a\x01"
      "A"
      "\x79\x22\x03\x0a\x01X\x22\x03\x0a\x22\x03\x0a\x01"
      "B"
      "\x7d\x22\x03\x0a\x01\x22\x03\x0a\x01"
      "C"
      "\x7a\x05\x22\x03\x0a\x01Y\x22\x03\x0a\x01"
      "D"
      "\x78\x7f\x22\x03\x0a\x01"
      "E"
      "\x3a\x09\x18\x80\x01\x12\x04.p.A"
      "\x7b\x22\x03\x0a\x01Z"sv;
  const FileDescriptor made = {.name = "made.proto", .bytes = as_bytes(kBytes), .imports = {}};
  for (const std::string_view message : {"p.A", "p.B", "p.C", "p.D", "p.E"})
    assert_true(services::declares_message(made, Received(message, SIZE_MAX).value));
  // Content of the others, and what follows a group.
  for (const std::string_view other : {"p.X", "p.Y", "p.Z"})
    assert_false(services::declares_message(made, Received(other, SIZE_MAX).value));
  std::forward_list<Extension> found;
  services::collect_extensions(made, found);
  assert_int_equal(std::distance(found.begin(), found.end()), 1);
  assert_true(found.front().extended == "p.A");
  assert_int_equal(found.front().number, 128);
}

// What a field is depends on its own type alone: a number where the name of the message belongs is no name.
void test_a_number_in_place_of_a_name(void**) {
  constexpr std::string_view kBytes = "\x22\x05\x12\x01X\x08\x07"sv;
  const FileDescriptor made = {.name = "made.proto", .bytes = as_bytes(kBytes), .imports = {}};
  assert_false(services::declares_message(made, Received("X", SIZE_MAX).value));
}

void test_a_file_without_a_package(void**) {
  const FileDescriptor made = {.name = "made.proto", .bytes = as_bytes("\x22\x03\x0a\x01M"sv), .imports = {}};
  assert_true(services::declares_message(made, Received("M", SIZE_MAX).value));
  assert_false(services::declares_message(made, Received(".M", SIZE_MAX).value));
}

// A search ends at the end of the bytes, wherever that is. AddressSanitizer finds a read behind it.
void test_cut_off(void**) {
  for (std::size_t size = 0; size < file.bytes.size(); ++size) {
    const std::vector<std::uint8_t> bytes(file.bytes.begin(), file.bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const FileDescriptor cut = {.name = "cut.proto", .bytes = bytes, .imports = {}};
    std::forward_list<Extension> found;
    services::collect_extensions(cut, found);
    assert_true(std::distance(found.begin(), found.end()) <= 3);
    const bool whole_package = size > std::string_view(
                                          "\n\x0f"
                                          "described.proto\x12\x0c"
                                          "described.v1")
                                          .size();
    const bool found_message = services::declares_message(cut, Received("described.v1.Outer", SIZE_MAX).value);
    if (!whole_package) assert_false(found_message);
    (void)services::declares(cut, Received("described.v1.Outer.Inner.Innermost.snake_case", 7).value);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_every_kind_of_declaration),
      cmocka_unit_test(test_other_names),
      cmocka_unit_test(test_messages),
      cmocka_unit_test(test_extensions),
      cmocka_unit_test(test_unknown_fields),
      cmocka_unit_test(test_a_number_in_place_of_a_name),
      cmocka_unit_test(test_a_file_without_a_package),
      cmocka_unit_test(test_cut_off),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

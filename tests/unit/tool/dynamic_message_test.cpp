#include "mote-device/dynamic_message.h"

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "described.mote.h"
#include "mote-device/put_declaration.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote;
using namespace mote::tool;

constexpr std::string_view kOuter = "described.v1.Outer";

// The files of described.proto; struct.proto and the others as far as they are needed.
Schema described() {
  Schema schema;
  assert_true(schema.add(descriptors::described_proto.bytes));
  for (const descriptors::FileDescriptor* file : descriptors::described_proto.imports)
    assert_true(schema.add(file->bytes));
  assert_true(schema.missing_import().empty());
  return schema;
}

// What a function writes to a file.
template <class Put>
std::string written(const Put& put) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* file = ::open_memstream(&text, &size);
  put(file);
  std::fclose(file);
  std::string result(text, size);
  std::free(text);
  return result;
}

std::string printed(const Schema& schema, Bytes message) {
  return written([&](std::FILE* file) { put_message(schema, *schema.find(kOuter), message, file); });
}

constexpr std::string_view kJson = R"({
  "time": {
    "seconds": "-1"
  },
  "text": "a",
  "inner": [
    {
      "innermost": [
        {
          "snakeCase": 1,
          "named": 2
        },
        {}
      ]
    }
  ],
  "more": {
    "fields": {
      "k": {
        "boolValue": true
      }
    }
  }
}
)";

void test_there_and_back(void**) {
  const Schema schema = described();
  std::array<std::uint8_t, 256> memory{};
  FieldWriter out(memory);
  JsonEncoder encoder(schema, kJson);
  assert_true(encoder.encode(*schema.find(kOuter), out));
  assert_string_equal(printed(schema, out.written()).c_str(), std::string(kJson).c_str());

  described::v1::Outer outer{};
  const mote_piece piece{nullptr, out.written().data(), out.written().size()};
  assert_true(codec::decode(&piece, piece.size, outer).ok());
  assert_int_equal(outer.time.seconds, -1);
  assert_int_equal(outer.inner.size(), 1);
}

// Whatever the length of the JSON, the memory or the message: nothing is read or written behind it (AddressSanitizer).
void test_cut_off(void**) {
  const Schema schema = described();
  std::vector<std::uint8_t> whole(256);
  FieldWriter all(whole);
  assert_true(JsonEncoder(schema, kJson).encode(*schema.find(kOuter), all));
  for (std::size_t size = 0; size < kJson.size() - 2; ++size) {
    const std::vector<char> text(kJson.begin(), kJson.begin() + static_cast<std::ptrdiff_t>(size));
    std::vector<std::uint8_t> memory(256);
    FieldWriter out(memory);
    JsonEncoder encoder(schema, {text.data(), text.size()});
    assert_false(encoder.encode(*schema.find(kOuter), out));
    assert_false(encoder.error().empty());
  }
  for (std::size_t size = 0; size < all.size(); ++size) {
    std::vector<std::uint8_t> memory(size);
    FieldWriter out(memory);
    JsonEncoder encoder(schema, kJson);
    assert_false(encoder.encode(*schema.find(kOuter), out));
    assert_true(encoder.error() == "the message is too large");
    const std::vector<std::uint8_t> message(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    assert_true(printed(schema, message).starts_with('{'));
  }
}

void test_a_schema_that_is_cut_off(void**) {
  const Bytes file = descriptors::described_proto.bytes;
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::vector<std::uint8_t> bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    Schema schema;
    assert_true(schema.add(bytes));
    (void)schema.missing_import();
    for (const std::string_view name : {"described.v1.Outer", "described.v1.Described", "described.v1.Outer.Kind"}) {
      const std::optional<Declaration> found = schema.find(name);
      if (found) assert_false(written([&](std::FILE* out) { put_declaration(schema, name, *found, out); }).empty());
    }
  }
}

void test_declarations(void**) {
  const Schema schema = described();
  const auto text_of = [&schema](std::string_view name) {
    return written([&](std::FILE* file) { put_declaration(schema, name, *schema.find(name), file); });
  };
  assert_string_equal(text_of("described.v1.Outer.Inner.Innermost").c_str(),
                      "message described.v1.Outer.Inner.Innermost {\n  int32 snake_case = 1;\n  int32 other = 2;\n}\n");
  assert_string_equal(text_of("described.v1.Color").c_str(), "enum described.v1.Color {\n  NONE = 0;\n  RED = 1;\n}\n");
  assert_string_equal(
      text_of("described.v1.Described").c_str(),
      "service described.v1.Described {\n  rpc Look(described.v1.Outer) returns (described.v1.OuterSpace);\n}\n");
  assert_false(schema.find("described.v1.Out").has_value());
  assert_false(schema.find("described.v1").has_value());
  assert_false(schema.find("").has_value());
}

void test_files(void**) {
  Schema schema;
  assert_true(schema.add(descriptors::described_proto.bytes));
  assert_true(schema.missing_import() == "google/protobuf/descriptor.proto");
  assert_true(schema.add(descriptors::described_proto.bytes));
  std::vector<std::string> names;
  names.reserve(Schema::kMostFiles);
  for (std::size_t i = 1; i < Schema::kMostFiles; ++i) {
    names.push_back("\n\x03" + std::to_string(100 + i));
    assert_true(schema.add(as_bytes(names.back())));
  }
  assert_false(schema.add(as_bytes("\n\x01x")));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_there_and_back),
      cmocka_unit_test(test_cut_off),
      cmocka_unit_test(test_a_schema_that_is_cut_off),
      cmocka_unit_test(test_declarations),
      cmocka_unit_test(test_files),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

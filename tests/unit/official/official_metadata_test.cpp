#include "engine/official/official_metadata.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using namespace mote;
using official::OfficialMetadata;
using official::reply_value;

// "name=value;" for each entry.
std::string text_of(const OfficialMetadata& metadata) {
  std::string text;
  for (const auto [name, value] : metadata.packed())
    text += std::string(name) + "=" + std::string(value) + ";";
  return text;
}

void assert_taken(const OfficialMetadata::Fields& fields, const std::string& expected) {
  OfficialMetadata metadata;
  assert_true(metadata.take(fields) == OfficialMetadata::Taken::All);
  assert_string_equal(text_of(metadata).c_str(), expected.c_str());
}

void test_text_is_unchanged(void**) {
  assert_taken({{"x-echo-b", "2"}, {"a", ""}}, "a=;x-echo-b=2;");
}

void test_entries_of_one_name_keep_their_order(void**) {
  assert_taken({{"k", "b"}, {"k", "a"}, {"k", "c"}}, "k=b;k=a;k=c;");
}

void test_binary_values_become_base64(void**) {
  const std::string bytes("\0\1\xff", 3);
  assert_taken({{"k-bin", grpc::string_ref(bytes.data(), bytes.size())}}, "k-bin=AAH/;");
  assert_taken({{"k-bin", ""}}, "k-bin=;");
}

void test_fields_of_grpc_are_left_out(void**) {
  assert_taken({{"grpc-accept-encoding", "gzip"}, {"user-agent", "u"}, {"te", "trailers"}, {"content-type", "c"}}, "");
  assert_taken({{"host", "h"}, {"content-length", "5"}, {"grpc-trace-bin", "AA"}}, "");
  assert_true(OfficialMetadata().packed().empty());
}

void test_an_entry_that_cannot_be_packed(void**) {
  const std::string large(70'000, 'v');
  OfficialMetadata metadata;
  assert_true(metadata.take({{"k", large}}) == OfficialMetadata::Taken::TooLarge);
}

void test_whitespace_around_values_is_trimmed(void**) {
  assert_taken({{"k", " a \t b\t"}, {"l", " "}}, "k=a \t b;l=;");
  assert_taken({{"k-bin", " "}}, "k-bin=IA;");
}

void assert_malformed(const grpc::string_ref& name, const grpc::string_ref& value, http2::FieldFault fault) {
  OfficialMetadata metadata;
  assert_true(metadata.take({{"a", "1"}, {name, value}}) == OfficialMetadata::Taken::Malformed);
  assert_true(metadata.malformed() == std::string_view(name.data(), name.size()));
  assert_int_equal(metadata.fault(), fault);
}

// The library passes them on.
void test_malformed_fields(void**) {
  using http2::FieldFault;
  for (const char* value : {"a\nb", "a\r", "\n"})
    assert_malformed("k", value, FieldFault::Characters);
  assert_malformed("user-agent", "u ", FieldFault::Whitespace);
  for (const char* name : {"", "Upper", "a b", "a\n", "Upper-bin"})
    assert_malformed(name, "v", FieldFault::Name);
  for (const char* name : {"connection", "keep-alive", "upgrade", "transfer-encoding", "proxy-connection", ":x"})
    assert_malformed(name, "v", FieldFault::Place);
  const std::string nul("a\0b", 3);
  OfficialMetadata metadata;
  assert_true(metadata.take({{"k", grpc::string_ref(nul.data(), nul.size())}}) == OfficialMetadata::Taken::Malformed);
  assert_taken({{"k-bin", "a\nb"}}, "k-bin=YQpi;");
}

void test_reply_values(void**) {
  assert_string_equal(reply_value("k", "a b~").value().c_str(), "a b~");
  assert_string_equal(reply_value("k", " a b ").value().c_str(), "a b");
  assert_true(reply_value("k-bin", "AAH/").value() == std::string("\0\1\xff", 3));
  assert_true(reply_value("k-bin", "AAE=").value() == std::string("\0\1", 2));
  assert_string_equal(reply_value("k-bin", "").value().c_str(), "");
}

// The library would abort the process.
void test_values_that_the_library_refuses(void**) {
  assert_false(reply_value("Upper", "v").has_value());
  assert_false(reply_value("a key", "v").has_value());
  assert_false(reply_value("", "v").has_value());
  assert_false(reply_value("k", "\x7f").has_value());
  assert_false(reply_value("k", "\xc3\xa4").has_value());
  assert_false(reply_value("k", "a\nb").has_value());
  assert_false(reply_value("k-bin", "no base64!").has_value());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_text_is_unchanged),
      cmocka_unit_test(test_entries_of_one_name_keep_their_order),
      cmocka_unit_test(test_binary_values_become_base64),
      cmocka_unit_test(test_fields_of_grpc_are_left_out),
      cmocka_unit_test(test_an_entry_that_cannot_be_packed),
      cmocka_unit_test(test_whitespace_around_values_is_trimmed),
      cmocka_unit_test(test_malformed_fields),
      cmocka_unit_test(test_reply_values),
      cmocka_unit_test(test_values_that_the_library_refuses),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

#include "mote-device/options.h"

#include <memory>
#include <string>
#include <vector>

#include "support/captured.h"
#include "support/cmocka_test.h"

namespace {

using mote::tool::Action;
using mote::tool::Format;
using mote::tool::Mode;
using mote::tool::Options;

struct Parsed {
  std::vector<std::string> words;  // what options points to
  std::unique_ptr<Options> options = std::make_unique<Options>();
  Action action = Action::Refuse;
  std::string errors;
};

Parsed parse(std::vector<std::string> words) {
  Parsed parsed;
  parsed.words = std::move(words);
  std::vector<const char*> arguments;
  for (const std::string& word : parsed.words)
    arguments.push_back(word.c_str());
  parsed.errors = mote::test::captured(
      [&](std::FILE* errors) { parsed.action = mote::tool::parse_options(arguments, *parsed.options, errors); });
  return parsed;
}

void assert_refused(std::vector<std::string> words, const std::string& advice) {
  const Parsed parsed = parse(std::move(words));
  assert_int_equal(parsed.action, Action::Refuse);
  if (parsed.errors.find(advice) == std::string::npos) fail_msg("%s", parsed.errors.c_str());
  // One line.
  assert_int_equal(parsed.errors.find('\n'), parsed.errors.size() - 1);
}

void test_defaults(void**) {
  const Parsed parsed = parse({});
  assert_int_equal(parsed.action, Action::Run);
  assert_string_equal(parsed.errors.c_str(), "");
  const Options& options = *parsed.options;
  assert_true(options.target.host == "127.0.0.1" && options.target.port == 50051);
  assert_true(options.message == "hello");
  assert_int_equal(options.count, 5);
  assert_int_equal(options.interval_ms, 1000);
  assert_int_equal(options.mode, Mode::Reply);
  assert_int_equal(options.format, Format::Lines);
}

void test_all_flags(void**) {
  const Parsed parsed = parse({"--target", "gw:1", "--message=a=b", "--size", "64KiB", "--count", "0", "--interval=5",
                               "--mode", "reply-stream", "--deadline", "300", "--metadata", "a=b=c",
                               "--metadata=x-bin=", "--timing", "--plot", "p.svg", "--json"});
  assert_string_equal(parsed.errors.c_str(), "");
  assert_int_equal(parsed.action, Action::Run);
  const Options& options = *parsed.options;
  assert_true(options.target.host == "gw" && options.target.port == 1);
  assert_true(options.message == "a=b");
  assert_int_equal(options.size_bytes, 65536);
  assert_int_equal(options.count, 0);
  assert_int_equal(options.interval_ms, 5);
  assert_int_equal(options.mode, Mode::ReplyStream);
  assert_int_equal(options.deadline_ms, 300);
  assert_int_equal(options.metadata_count, 2);
  assert_string_equal(options.metadata[0].name, "a");
  assert_string_equal(options.metadata[0].value, "b=c");
  assert_string_equal(options.metadata[1].value, "");
  assert_true(options.timing);
  assert_string_equal(options.plot, "p.svg");
  assert_int_equal(options.format, Format::Json);
}

void test_modes(void**) {
  const std::pair<const char*, const char*> modes[] = {{"reply", "echo.Echo/Reply"},
                                                       {"reply-stream", "echo.Echo/ReplyStream"},
                                                       {"collect", "echo.Echo/Collect"},
                                                       {"chat", "echo.Echo/Chat"},
                                                       {"health", "grpc.health.v1.Health/Check"}};
  for (const auto& [name, method] : modes) {
    const Parsed parsed = parse({"--mode", name});
    assert_string_equal(mote::tool::name(parsed.options->mode), name);
    assert_string_equal(mote::tool::method(parsed.options->mode), method);
  }
}

// The message is the name of a service there: none is the whole server.
void test_health_checks_the_whole_server_by_default(void**) {
  assert_true(parse({"--mode", "health"}).options->message.empty());
  assert_true(parse({"--mode", "health", "--message", "echo.Echo"}).options->message == "echo.Echo");
  assert_true(parse({"--message", "echo.Echo", "--mode", "health"}).options->message == "echo.Echo");
}

void test_formats(void**) {
  assert_int_equal(parse({"--quiet"}).options->format, Format::Quiet);
  assert_int_equal(parse({"--text"}).options->format, Format::Text);
}

void test_errors(void**) {
  assert_refused({"--cuont", "3"}, "unknown flag --cuont, the nearest is --count");
  assert_refused({"-x"}, "unknown flag -x");
  assert_refused({"localhost:50051"}, "write --target HOST:PORT or --message TEXT");
  assert_refused({"--count"}, "--count: the value is missing");
  assert_refused({"--count", "--json"}, "--count: the value is missing");
  assert_refused({"--count", "five"}, "digits only");
  assert_refused({"--count", "4294967296"}, "from 0 to 4294967295");
  assert_refused({"--interval", "86400001"}, "from 0 to 86400000");
  assert_refused({"--deadline", "0"}, "from 1 to 86400000");
  assert_refused({"--size", "0"}, "from 1 to");
  assert_refused({"--size", "2GiB"}, "from 1 to 1073741824");
  assert_refused({"--size", "1KB"}, "64KiB");
  assert_refused({"--size", "3", "--message", ""}, "no text to repeat");
  assert_refused({"--message", "\xff"}, "not UTF-8");
  assert_refused({"--mode", "echo"}, "reply, reply-stream, collect, chat or health");
  assert_refused({"--json=yes"}, "the flag has no value");
  assert_refused({"--target", "::1"}, "brackets");
}

void test_tls(void**) {
  assert_false(parse({}).options->tls.wanted());
  const Parsed parsed = parse({"--tls-psk-file", "f"});
#ifdef MOTE_TLS
  assert_int_equal(parsed.action, Action::Run);
  assert_true(parsed.options->tls.wanted());
  const Parsed all = parse({"--tls-ca", "a", "--tls-cert", "b", "--tls-key", "c", "--tls-server-name", "d"});
  assert_int_equal(all.action, Action::Run);
  assert_string_equal(all.options->tls.ca, "a");
  assert_string_equal(all.options->tls.certificate, "b");
  assert_string_equal(all.options->tls.key, "c");
  assert_string_equal(all.options->tls.server_name, "d");
#else
  assert_int_equal(parsed.action, Action::Refuse);
  assert_refused({"--tls-ca", "a"}, "--tls-ca: this program was built without TLS (MOTE_TLS)");
#endif
  assert_refused({"--tls-psk-file", "f", "--tls-ca", "a"}, "--tls-ca: not together with --tls-psk-file");
  assert_refused({"--tls-server-name", "d"}, "--tls-server-name: this needs --tls-ca too");
  assert_refused({"--tls-ca", "a", "--tls-cert", "b"}, "--tls-cert: this needs --tls-key too");
  assert_refused({"--tls-ca", "a", "--tls-key", "b"}, "--tls-key: this needs --tls-cert too");
  assert_refused({"--tls-ca", "a", "--target", "unix:/s"}, "this needs --tls-server-name too");
}

void test_metadata_that_must_not_be_sent(void**) {
  assert_refused({"--metadata", "a"}, "write NAME=VALUE");
  assert_refused({"--metadata", "=b"}, "write NAME=VALUE");
  assert_refused({"--metadata", "A=b"}, "a to z");
  assert_refused({"--metadata", ":path=b"}, "a to z");
  assert_refused({"--metadata", "grpc-timeout=1S"}, "reserved for gRPC");
  assert_refused({"--metadata", "a=é"}, "printable ASCII");
  assert_refused({"--metadata", std::string(Options::kMostNameBytes, 'a') + "=b"}, "longer than 1023 bytes");
  std::vector<std::string> many;
  for (std::size_t i = 0; i <= Options::kMostMetadata; ++i)
    many.insert(many.end(), {"--metadata", "a=b"});
  assert_refused(many, "at most 16");
}

void test_help_and_version_come_first(void**) {
  assert_int_equal(parse({"--nonsense", "--help"}).action, Action::Help);
  assert_int_equal(parse({"-h"}).action, Action::Help);
  assert_int_equal(parse({"--count", "x", "--version"}).action, Action::Version);
}

void test_help_fits_a_terminal(void**) {
  const std::string help = mote::test::captured(mote::tool::print_help);
  for (const char* flag : {"--target HOST:PORT", "--metadata NAME=VALUE", "--json", "--plot FILE.svg"})
    assert_true(help.find(flag) != std::string::npos);
  for (std::size_t from = 0, end = help.find('\n'); end != std::string::npos;
       from = end + 1, end = help.find('\n', from))
    assert_true(end - from <= 120);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_defaults),
      cmocka_unit_test(test_all_flags),
      cmocka_unit_test(test_modes),
      cmocka_unit_test(test_health_checks_the_whole_server_by_default),
      cmocka_unit_test(test_formats),
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_tls),
      cmocka_unit_test(test_metadata_that_must_not_be_sent),
      cmocka_unit_test(test_help_and_version_come_first),
      cmocka_unit_test(test_help_fits_a_terminal),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

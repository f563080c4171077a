#include "gateway/config_text.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "gateway/config_file.h"
#include "gateway/served_product.h"
#include "gateway/settings.h"
#include "sizes.h"
#include "support/cmocka_test.h"
#include "support/lines.h"
#ifdef MOTE_TLS
#include "support/temporary_file.h"
#endif

namespace {

using mote::engine::LimitRow;
using mote::gateway::Assignments;
using mote::gateway::Config;
using mote::gateway::config_text;
using mote::gateway::ConfigFile;
using mote::gateway::Setting;
using mote::gateway::settings;
using mote::test::contains;

// The text with its comment marks and line ends turned into blanks, so that sentences can be found.
std::string unwrapped(std::string text) {
  for (std::size_t at = text.find("\n# "); at != std::string::npos; at = text.find("\n# "))
    text.replace(at, 3, " ");
  return text;
}

Config read(const std::string& text) {
  const ConfigFile file = mote::gateway::parse_config_file(text, "f");
  for (const auto& error : file.errors)
    fail_msg("%s", error.to_text().c_str());
  const Assignments sources[] = {file.assignments};
  auto loaded = mote::gateway::load_config(sources, kSizes, {});
  for (const auto& error : loaded.errors)
    fail_msg("%s", error.to_text().c_str());
  return loaded.configured;
}

#ifdef MOTE_TLS
// A file with one token; load_config() reads it.
const char* token_file() {
  static const mote::test::TemporaryFile kFile("operator " + std::string(64, 'a') + "\n");
  return kFile.path();
}
#endif

Config unusual() {
  Config config;
  config.listen = {"[::1]:1", "unix:/run/mote.sock"};
  config.trusted_proxies = {"10.0.0.0/8", "unix"};
  config.memory_budget = 1ULL << 36;
#ifdef MOTE_GZIP
  config.limits.gzip = true;
#endif
  config.log_level = mote::engine::LogLevel::Debug;
  config.sandbox = false;
  config.reflection = false;
  config.http = "[::1]:9464";
  config.http_hosts = {"gateway.local", "plant.example:80"};
  config.web_origins = {"http://console.example:8080", "https://plant.example"};
  config.limits.reuse_port = true;
  for (const LimitRow& row : mote::engine::limit_table())
    row.set(config.limits, row.min);
  config.limits.http = true;
  config.limits.buffer_bytes = 1 << 30;
  config.limits.connection_buffer_bytes = (1 << 29) + 1;
#ifdef MOTE_TLS
  config.tls_certificate = "/etc/gateway.pem";
  config.tls_key = "/etc/gateway.key";
  config.tls_client_ca = "/etc/ca.pem";
  config.tls_allow = {"*.plant"};
  config.tls_min_version = mote::tls::Version::Tls13;
  config.allow = {"*.plant /echo.Echo/*"};
  config.tls_psk_file = "/etc/devices.psk";
  config.tls_suites = {"TLS_AES_256_GCM_SHA384"};
  config.token_file = token_file();
#endif
  return config;
}

// Removes the mark of every key that is commented out.
std::string all_keys_set(const std::string& text) {
  std::string result = text;
  for (std::size_t at = result.find("\n#"); at != std::string::npos; at = result.find("\n#", at + 1)) {
    if (result[at + 2] >= 'a' && result[at + 2] <= 'z') result.erase(at + 1, 1);
  }
  return result;
}

void test_round_trip_of_the_defaults(void**) {
  const std::string text = config_text({}, kSizes);
  assert_true(mote::gateway::parse_config_file(text, "f").assignments.empty());
  assert_true(read(text) == Config{});
}

// What is commented out must be right too, for people take the mark away.
void test_the_names_of_the_product(void**) {
  const mote::Product before = mote::gateway::product();
  mote::gateway::set_product({.name = "plant-gateway", .version = "1.0.0", .environment = "PLANT_", .port = 50099});
  const std::string text = config_text({}, kSizes);
  mote::gateway::set_product(before);
  assert_true(text.starts_with("# Configuration of plant-gateway: "));
  assert_true(contains(text, "(PLANT_KEY"));
  assert_true(contains(text, "\n#listen = 127.0.0.1:50099\n"));
}

void test_round_trip_with_every_key_set(void**) {
  const std::string text = all_keys_set(config_text({}, kSizes));
  assert_int_equal(mote::gateway::parse_config_file(text, "f").assignments.size(), settings().size());
  assert_true(read(text) == Config{});
}

void test_round_trip_of_other_values(void**) {
  const Config config = unusual();
  const std::string text = config_text(config, kSizes);
  assert_int_equal(mote::gateway::parse_config_file(text, "f").assignments.size(), settings().size() + 4);
  assert_true(read(text) == config);
}

void test_only_what_differs_is_set(void**) {
  Config config;
  config.limits.max_streams = 7;
  const std::string text = config_text(config, kSizes);
  assert_true(contains(text, "\nmax-streams = 7\n"));
  assert_int_equal(mote::gateway::parse_config_file(text, "f").assignments.size(), 1);
}

void test_every_key_is_explained(void**) {
  const std::string text = unwrapped(config_text({}, kSizes));
  for (const Setting& setting : settings()) {
    assert_true(contains(text, "\n#" + std::string(setting.key) + " = "));
    assert_true(contains(text, setting.meaning));
    assert_true(contains(text, "Values: " + setting.allowed + "."));
  }
  for (const LimitRow& row : mote::engine::limit_table()) {
    assert_true(contains(text, row.answer));
    assert_true(contains(text, row.counter));
    assert_true(contains(text, row.cost_text));
  }
  assert_true(contains(text, "here 128 x 1456 B = 182 KiB."));
  assert_true(contains(text, "Automatic is 712KiB here."));
  assert_true(contains(text, "Memory: worst case 1.4 MiB of budget 32 MiB."));
}

void test_lines_fit_a_terminal(void**) {
  for (std::string_view text :
       {config_text(unusual(), kSizes), mote::gateway::help_text("mote-gateway", "  a.B: C, D\n")}) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      assert_true(end <= 100);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
}

void test_help_names_every_flag(void**) {
  const std::string help = mote::gateway::help_text("mote-gateway", "  a.B: C, D\n");
  assert_true(contains(help, "It serves:\n\n  a.B: C, D\n\n  --config"));
  for (const Setting& setting : settings())
    assert_true(contains(help, "\n  --" + std::string(setting.key) + " "));
  for (const char* flag : {"--config", "--print-config", "--check-config", "--help", "--version"}) {
    assert_true(contains(help, "\n  " + std::string(flag) + " "));
  }
  assert_true(contains(help, "--buffer-bytes BYTES                 automatic\n"));
  assert_true(std::count(help.begin(), help.end(), '\n') < 115);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip_of_the_defaults), cmocka_unit_test(test_round_trip_with_every_key_set),
      cmocka_unit_test(test_the_names_of_the_product),   cmocka_unit_test(test_round_trip_of_other_values),
      cmocka_unit_test(test_only_what_differs_is_set),   cmocka_unit_test(test_every_key_is_explained),
      cmocka_unit_test(test_lines_fit_a_terminal),       cmocka_unit_test(test_help_names_every_flag),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

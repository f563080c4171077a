#include "gateway/settings.h"

#include <cstdint>
#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::engine::LimitRow;
using mote::engine::LogLevel;
using mote::gateway::Config;
using mote::gateway::find_setting;
using mote::gateway::nearest_setting;
using mote::gateway::Setting;
using mote::gateway::settings;
using mote::gateway::to_text;
using mote::text::Unit;

std::string set(std::string_view key, Config& config, std::string_view value) {
  const Setting* setting = find_setting(key);
  assert_non_null(setting);
  return setting->set(*setting, config, value);
}

void assert_refused(std::string_view key, std::string_view value, std::string_view reason) {
  Config config;
  const std::string error = set(key, config, value);
  if (error.find(reason) == std::string::npos) fail_msg("%s", error.c_str());
  assert_true(config == Config{});
}

void test_every_limit_is_a_setting(void**) {
  for (const LimitRow& row : mote::engine::limit_table()) {
    const Setting* setting = find_setting(row.name);
    assert_non_null(setting);
    assert_ptr_equal(setting->limit, &row);
  }
  std::size_t others = 10;
#ifdef MOTE_TLS
  others += 9;
#endif
#ifdef MOTE_GZIP
  others += 1;
#endif
  assert_int_equal(settings().size(), mote::engine::kLimitCount + others);
  assert_null(find_setting("max_streams"));
  assert_null(find_setting(""));
}

void test_every_setting_is_described(void**) {
  for (const Setting& setting : settings()) {
    assert_false(setting.key.empty());
    assert_false(setting.group.empty());
    assert_false(setting.placeholder.empty());
    assert_true(setting.meaning.ends_with('.'));
    assert_false(setting.allowed.empty());
    assert_int_equal(setting.get(setting, Config{}).size(), 1);
  }
}

void test_every_limit_accepts_exactly_its_range(void**) {
  for (const LimitRow& row : mote::engine::limit_table()) {
    for (const std::uint64_t value : {std::uint64_t{row.min}, std::uint64_t{row.max}}) {
      Config config;
      assert_string_equal(set(row.name, config, std::to_string(value)).c_str(), "");
      assert_int_equal(row.get(config.limits), value);
      const Setting& setting = *find_setting(row.name);
      assert_string_equal(setting.get(setting, config).front().c_str(), to_text(value, row.unit).c_str());
    }
    assert_refused(row.name, std::to_string(std::uint64_t{row.max} + 1), "out of range");
    // Its low 32 bits alone would be taken.
    assert_refused(row.name, std::to_string((1ULL << 32) + row.min), "out of range");
    if (row.min > 1) assert_refused(row.name, std::to_string(row.min - 1), "out of range");
    assert_refused(row.name, "x", "not a number");
    assert_refused(row.name, "", "not a number");
  }
}

void test_range_errors_explain_zero(void**) {
  assert_refused("max-streams", "0", "0 is out of range: 1 to 65536");
  assert_refused("buffer-bytes", "1", "64KiB to 1GiB, or 0 for automatic");
  assert_refused("keepalive-ms", "1", "10 to 86400000, or 0 for never");
}

void test_listen_adds(void**) {
  Config config;
  config.listen.clear();
  assert_string_equal(set("listen", config, "[::1]:1,unix:/run/mote.sock").c_str(), "");
  assert_string_equal(set("listen", config, "*:2").c_str(), "");
  assert_true((config.listen == std::vector<std::string>{"[::1]:1", "unix:/run/mote.sock", "*:2"}));
}

void test_listen_checks_addresses(void**) {
  for (const char* value : {"", ",127.0.0.1:1", "127.0.0.1", "localhost:1"}) {
    assert_refused("listen", value, value == std::string("localhost:1") ? "not a numeric address" : "port is missing");
  }
  Config config;
  assert_string_not_equal(set("listen", config, "127.0.0.1:1,").c_str(), "");
}

void test_trusted_proxies(void**) {
  Config config;
  assert_string_equal(set("trusted-proxy", config, "10.0.0.0/8, ::1").c_str(), "");
  assert_string_equal(set("trusted-proxy", config, "unix").c_str(), "");
  assert_true(config.trusted_proxies == (std::vector<std::string>{"10.0.0.0/8", "::1", "unix"}));
  assert_refused("trusted-proxy", "10.0.0.1/8", "\"10.0.0.1/8\" is not an address");
  Config none;
  assert_string_equal(set("trusted-proxy", none, "none").c_str(), "");
  assert_true(none.trusted_proxies.empty());
}

void test_memory_budget(void**) {
  Config config;
  assert_string_equal(set("memory-budget", config, "64GiB").c_str(), "");
  assert_true(config.memory_budget == 64ULL << 30);
  assert_string_equal(set("memory-budget", config, "64KiB").c_str(), "");
  assert_true(config.memory_budget == 65536);
  assert_refused("memory-budget", "65535", "out of range: 64KiB to 64GiB");
  assert_refused("memory-budget", "65GiB", "out of range");
  assert_refused("memory-budget", "lots", "not a number of bytes");
}

void test_sandbox(void**) {
  Config config;
  assert_true(config.sandbox);
  assert_string_equal(set("sandbox", config, "off").c_str(), "");
  assert_false(config.sandbox);
  assert_string_equal(set("sandbox", config, "on").c_str(), "");
  assert_true(config.sandbox);
  assert_string_equal(set("sandbox", config, "yes").c_str(), "\"yes\" is neither on nor off");
  assert_false(config.limits.reuse_port);
  assert_string_equal(set("reuse-port", config, "on").c_str(), "");
  assert_true(config.limits.reuse_port);
  assert_string_equal(set("reuse-port", config, "maybe").c_str(), "\"maybe\" is neither on nor off");
  assert_true(config.reflection);
  assert_string_equal(set("reflection", config, "off").c_str(), "");
  assert_false(config.reflection);
  assert_string_equal(set("reflection", config, "no").c_str(), "\"no\" is neither on nor off");
  assert_true(config.sandbox);
}

void test_log_level(void**) {
  Config config;
  assert_string_equal(set("log-level", config, "error").c_str(), "");
  assert_true(config.log_level == LogLevel::Error);
  assert_string_equal(set("log-level", config, "debug").c_str(), "");
  assert_true(config.log_level == LogLevel::Debug);
  assert_refused("log-level", "loud", "error, warn, info or debug");
  assert_refused("log-level", "Info", "error, warn, info or debug");
}

void test_variable_names(void**) {
  assert_string_equal(mote::gateway::variable_name("max-streams-per-connection").c_str(),
                      "MOTE_MAX_STREAMS_PER_CONNECTION");
}

// Last of all, because it adds a setting.
void test_freed_settings_come_back(void**) {
  Setting added = *find_setting("listen");
  added.key = "added";
  mote::gateway::add_setting(added);
  const std::size_t count = settings().size();
  assert_string_equal(std::string(settings().back().key).c_str(), "added");
  mote::gateway::free_settings();
  assert_int_equal(settings().size(), count);
  assert_string_equal(std::string(settings().back().key).c_str(), "added");
}

void assert_nearest(std::string_view word, const char* key) {
  assert_string_equal(std::string(nearest_setting(word)).c_str(), key);
}

void test_nearest(void**) {
  assert_nearest("max-stream", "max-streams");
  assert_nearest("max_streams", "max-streams");
  assert_nearest("MAX_MESSAGE_SIZE", "max-message-bytes");
  assert_nearest("connections", "max-connections");
  assert_nearest("lisen", "listen");
  assert_nearest("loglevel", "log-level");
  assert_nearest("drain", "drain-seconds");
  assert_nearest("keepalive-timeout", "keepalive-timeout-ms");
}

void test_text_is_exact_and_short(void**) {
  assert_string_equal(to_text(0, Unit::Bytes).c_str(), "0");
  assert_string_equal(to_text(1023, Unit::Bytes).c_str(), "1023");
  assert_string_equal(to_text(1025, Unit::Bytes).c_str(), "1025");
  assert_string_equal(to_text(65536, Unit::Bytes).c_str(), "64KiB");
  assert_string_equal(to_text(1048576, Unit::Bytes).c_str(), "1MiB");
  assert_string_equal(to_text(1048576 + 1024, Unit::Bytes).c_str(), "1025KiB");
  assert_string_equal(to_text(1073741824, Unit::Bytes).c_str(), "1GiB");
  assert_string_equal(to_text(65536, Unit::Count).c_str(), "65536");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_every_limit_is_a_setting),
      cmocka_unit_test(test_every_setting_is_described),
      cmocka_unit_test(test_every_limit_accepts_exactly_its_range),
      cmocka_unit_test(test_range_errors_explain_zero),
      cmocka_unit_test(test_listen_adds),
      cmocka_unit_test(test_listen_checks_addresses),
      cmocka_unit_test(test_trusted_proxies),
      cmocka_unit_test(test_memory_budget),
      cmocka_unit_test(test_log_level),
      cmocka_unit_test(test_sandbox),
      cmocka_unit_test(test_variable_names),
      cmocka_unit_test(test_nearest),
      cmocka_unit_test(test_text_is_exact_and_short),
      cmocka_unit_test(test_freed_settings_come_back),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

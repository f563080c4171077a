#include "gateway/config.h"

#include <chrono>
#include <cstdint>
#include <string>

#include "gateway/settings.h"
#include "sizes.h"
#include "support/cmocka_test.h"

namespace {

using namespace std::chrono_literals;
using mote::gateway::Assignments;
using mote::gateway::Config;
using mote::gateway::ConfigError;
using mote::gateway::find_setting;
using mote::gateway::LoadedConfig;

struct Value {
  std::string_view key;
  std::string value;
};

// The values as a source of this name sets them, one a line.
Assignments source(const std::string& name, const std::vector<Value>& values) {
  Assignments assignments;
  for (const Value& value : values) {
    assignments.push_back({{.source = name, .line = assignments.size() + 1}, find_setting(value.key), value.value});
  }
  return assignments;
}

LoadedConfig load(const std::vector<Assignments>& sources) {
  return mote::gateway::load_config(sources, kSizes, {});
}

std::string errors(const std::vector<Value>& values) {
  std::string all;
  for (const ConfigError& error : load({source("f", values)}).errors)
    all += error.to_text() + "\n";
  return all;
}

void test_defaults(void**) {
  const LoadedConfig loaded = load({});
  assert_true(loaded.errors.empty());
  assert_true(loaded.configured == Config{});
  assert_int_equal(loaded.effective.limits.buffer_bytes, 1024 * 1024);
  assert_int_equal(loaded.effective.limits.connection_buffer_bytes, (512 + 200) * 1024);
  assert_true((loaded.effective.listen == std::vector<std::string>{"127.0.0.1:50051"}));
}

void test_later_sources_override_earlier_ones(void**) {
  const LoadedConfig loaded = load({
      source("file", {{"max-streams", "1"}, {"max-connections", "1"}, {"max-header-fields", "10"}}),
      source("environment", {{"max-streams", "2"}, {"max-connections", "2"}}),
      source("flags", {{"max-streams", "3"}}),
  });
  assert_true(loaded.errors.empty());
  assert_int_equal(loaded.effective.limits.max_streams, 3);
  assert_int_equal(loaded.effective.limits.max_connections, 2);
  assert_int_equal(loaded.effective.limits.max_header_fields, 10);
  assert_int_equal(loaded.effective.limits.max_header_frames, 8);
}

void test_listen_adds_within_a_source_and_replaces_across(void**) {
  const Assignments file = source("file", {{"listen", "127.0.0.1:1"}, {"listen", "127.0.0.1:2"}});
  assert_true((load({file}).effective.listen == std::vector<std::string>{"127.0.0.1:1", "127.0.0.1:2"}));
  const Assignments flags = source("flags", {{"listen", "[::1]:3"}});
  assert_true((load({file, flags}).effective.listen == std::vector<std::string>{"[::1]:3"}));
}

void test_times_arrive_in_their_units(void**) {
  const LoadedConfig loaded = load({source("f", {{"write-stall-ms", "1500"}, {"drain-seconds", "3"}})});
  assert_true(loaded.effective.limits.write_stall == 1500ms);
  assert_true(loaded.effective.limits.drain == 3s);
}

void test_automatic_sizes_are_resolved_in_the_effective_half(void**) {
  const LoadedConfig loaded = load({source("f", {{"max-message-bytes", "1MiB"}})});
  assert_true(loaded.errors.empty());
  assert_int_equal(loaded.configured.limits.buffer_bytes, 0);
  assert_int_equal(loaded.effective.limits.buffer_bytes, 4 * 1024 * 1024);
  assert_int_equal(loaded.effective.limits.connection_buffer_bytes, 4 * 1024 * 1024);
}

void test_all_wrong_values_at_once(void**) {
  assert_string_equal(
      errors({{"max-streams", "0"}, {"listen", "x"}, {"max-connections", "5"}, {"log-level", "x"}}).c_str(),
      "f:1: max-streams: 0 is out of range: 1 to 65536\n"
      "f:2: listen: \"x\": the port is missing: write HOST:PORT\n"
      "f:4: log-level: \"x\" is not a level: write error, warn, info or debug\n");
}

void test_a_wrong_value_stays_an_error_when_it_is_overridden(void**) {
  const LoadedConfig loaded = load({source("file", {{"max-streams", "0"}}), source("flags", {{"max-streams", "1"}})});
  assert_int_equal(loaded.errors.size(), 1);
  assert_string_equal(loaded.errors[0].origin.source.c_str(), "file");
}

void test_rules(void**) {
  assert_string_equal(errors({{"max-message-bytes", "1MiB"}, {"buffer-bytes", "2MiB"}}).c_str(),
                      "f:2: buffer-bytes = 2MiB is too small: at least 4MiB (4 x max-message-bytes); raise it or lower "
                      "max-message-bytes\n");
  assert_string_equal(errors({{"connection-buffer-bytes", "255KiB"}}).c_str(),
                      "f:1: connection-buffer-bytes = 255KiB is too small: at least 256KiB (4 x max-message-bytes); "
                      "raise it or lower max-message-bytes\n");
  assert_string_equal(errors({{"buffer-bytes", "256KiB"}, {"connection-buffer-bytes", "257KiB"}}).c_str(),
                      "f:2: connection-buffer-bytes = 257KiB is too large: at most 256KiB (buffer-bytes); lower it or "
                      "raise buffer-bytes\n");
}

// Where a rule breaks because of another source's value, the limit that was set itself is the place to look.
void test_rules_name_the_limit_that_was_set(void**) {
  const LoadedConfig loaded = load({
      source("file", {{"connection-buffer-bytes", "256KiB"}}),
      source("flags", {{"max-message-bytes", "1MiB"}}),
  });
  assert_int_equal(loaded.errors.size(), 1);
  assert_string_equal(loaded.errors[0].origin.source.c_str(), "file");
}

void test_no_error_follows_from_another(void**) {
  assert_string_equal(errors({{"buffer-bytes", "64KiB"}}).c_str(),
                      "f:1: buffer-bytes = 64KiB is too small: at least 256KiB (4 x max-message-bytes); raise it "
                      "or lower max-message-bytes\n");
  assert_string_equal(errors({{"buffer-bytes", "128KiB"}, {"max-message-bytes", "1"}}).c_str(),
                      "f:2: max-message-bytes: 1 is out of range: 1KiB to 4MiB\n");
  const std::string both = errors({{"memory-budget", "64KiB"}, {"max-streams", "x"}});
  assert_string_equal(both.c_str(), "f:2: max-streams: \"x\" is not a number: write digits only\n");
}

std::uint64_t default_worst_case() {
  return mote::engine::worst_case_bytes(load({}).effective.limits, kSizes);
}

void test_the_budget_is_exact_to_one_byte(void**) {
  assert_string_equal(errors({{"memory-budget", std::to_string(default_worst_case())}}).c_str(), "");
  const std::string error = errors({{"memory-budget", std::to_string(default_worst_case() - 1)}});
  assert_int_equal(error.rfind("f:1: the worst case of the limits needs ", 0), 0);
}

void test_an_exceeded_default_budget_names_the_largest_limit(void**) {
  const std::string error = errors({{"max-streams", "10"}, {"buffer-bytes", "1GiB"}});
  assert_int_equal(error.rfind("f:2: the worst case of the limits needs ", 0), 0);
}

void test_earlier_errors_are_kept(void**) {
  const LoadedConfig loaded = mote::gateway::load_config({}, kSizes, {{{.source = "f", .line = 7}, "x"}});
  assert_int_equal(loaded.errors.size(), 1);
  assert_string_equal(loaded.errors[0].to_text().c_str(), "f:7: x");
}

void test_error_text(void**) {
  assert_string_equal((ConfigError{{.source = "f", .line = 3}, "x"}).to_text().c_str(), "f:3: x");
  assert_string_equal((ConfigError{{.source = "--f", .line = 0}, "x"}).to_text().c_str(), "--f: x");
  assert_string_equal((ConfigError{{}, "x"}).to_text().c_str(), "x");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_defaults),
      cmocka_unit_test(test_later_sources_override_earlier_ones),
      cmocka_unit_test(test_listen_adds_within_a_source_and_replaces_across),
      cmocka_unit_test(test_times_arrive_in_their_units),
      cmocka_unit_test(test_automatic_sizes_are_resolved_in_the_effective_half),
      cmocka_unit_test(test_all_wrong_values_at_once),
      cmocka_unit_test(test_a_wrong_value_stays_an_error_when_it_is_overridden),
      cmocka_unit_test(test_rules),
      cmocka_unit_test(test_rules_name_the_limit_that_was_set),
      cmocka_unit_test(test_no_error_follows_from_another),
      cmocka_unit_test(test_the_budget_is_exact_to_one_byte),
      cmocka_unit_test(test_an_exceeded_default_budget_names_the_largest_limit),
      cmocka_unit_test(test_earlier_errors_are_kept),
      cmocka_unit_test(test_error_text),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

#include "gateway/configure.h"

#include <array>
#include <cstdint>
#include <utility>

#include "engine/concat.h"
#include "gateway/command_line.h"
#include "gateway/config_file.h"
#include "gateway/config_text.h"
#include "gateway/environment.h"

namespace mote::gateway {
namespace {

constexpr int kBadUsage = 2;

Outcome printed(std::string out) {
  return {.config = std::nullopt, .exit_code = 0, .out = std::move(out), .err = {}};
}

// Errors of the file are first, in the order of their lines: some are found when it is read, others when its values are used.
// There are few, and std::stable_sort is 17 KiB of code.
void sort_by_line(std::vector<ConfigError>& errors, const std::string& file) {
  const auto line = [&file](const ConfigError& error) {
    return error.origin.source == file ? error.origin.line : SIZE_MAX;
  };
  for (std::size_t sorted = 1; sorted < errors.size(); ++sorted) {
    for (std::size_t i = sorted; i != 0 && line(errors[i]) < line(errors[i - 1]); --i)
      std::swap(errors[i], errors[i - 1]);
  }
}

// Only the first error of the flags is printed, because it may cause the others.
bool from_flag(const ConfigError& error) {
  return error.origin.source.empty() || error.origin.source.starts_with("--");
}

Outcome refused(const Program& program, const std::vector<ConfigError>& errors) {
  Outcome outcome{.config = std::nullopt, .exit_code = kBadUsage, .out = {}, .err = {}};
  for (const ConfigError& error : errors) {
    if (from_flag(error)) {
      outcome.err = line_of(program, error.to_text());
      return outcome;
    }
    outcome.err += line_of(program, error.to_text());
  }
  return outcome;
}

// The lines for editors and scripts, "FILE:LINE: ...", without the name of the program.
Outcome checked(const std::vector<ConfigError>& errors) {
  if (errors.empty()) return printed("configuration is valid\n");
  Outcome outcome{.config = std::nullopt, .exit_code = kBadUsage, .out = {}, .err = {}};
  for (const ConfigError& error : errors)
    outcome.err.append(error.to_text()).append("\n");
  return outcome;
}

Outcome answer(const Program& program, Action action, LoadedConfig loaded) {
  if (action == Action::CheckConfig) return checked(loaded.errors);
  if (!loaded.errors.empty()) return refused(program, loaded.errors);
  if (action == Action::PrintConfig) return printed(config_text(loaded.configured, program.sizes));
  return {.config = std::move(loaded.effective), .exit_code = 0, .out = {}, .err = {}};
}

}  // namespace

std::string line_of(const Program& program, std::string_view text) {
  return engine::concat({program.name, ": ", text, "\n"});
}

Outcome configure(const Program& program, std::span<const char* const> arguments, const char* const* variables) {
  CommandLine line = parse_command_line(arguments);
  if (line.action == Action::Help) return printed(help_text(program.name, program.services));
  if (line.action == Action::Version) return printed(engine::concat({program.name, " ", program.version, "\n"}));

  Environment environment = read_environment(variables);
  const std::optional<std::string>& path = line.config_file ? line.config_file : environment.config_file;
  ConfigFile file;
  if (path) file = read_config_file(*path);

  std::vector<ConfigError> errors = std::move(line.errors);
  errors.insert(errors.end(), file.errors.begin(), file.errors.end());
  const std::array<Assignments, 3> sources = {std::move(file.assignments), std::move(environment.assignments),
                                              std::move(line.assignments)};
  LoadedConfig loaded = load_config(sources, program.sizes, std::move(errors));
  if (path) sort_by_line(loaded.errors, *path);

  Outcome outcome = answer(program, line.action, std::move(loaded));
  std::string warnings;
  for (const std::string& warning : environment.warnings)
    warnings += line_of(program, warning);
  outcome.err = warnings + outcome.err;
  outcome.config_file = path.value_or("");
  return outcome;
}

}  // namespace mote::gateway

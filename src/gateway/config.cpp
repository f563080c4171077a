#include "gateway/config.h"

#include <algorithm>

#include "engine/concat.h"
#include "gateway/memory_report.h"
#include "gateway/served_product.h"
#include "gateway/settings.h"
#ifdef MOTE_TLS
#include "gateway/access_files.h"
#endif

namespace mote::gateway {

std::string default_address() {
  return engine::concat({"127.0.0.1:", engine::digits(product().port)});
}

namespace {

using engine::LimitId;
using engine::LimitRow;
using engine::LimitRule;

// The result of a setting after all sources.
struct Result {
  Origin origin;
  bool wrong = false;
};

class Loader {
 public:
  explicit Loader(std::vector<ConfigError> errors) { loaded_.errors = std::move(errors); }

  LoadedConfig load(std::span<const Assignments> sources, const engine::EngineSizes& sizes) {
    for (const Assignments& source : sources)
      apply(source);
    loaded_.configured.limits.tls = std::ranges::any_of(
        loaded_.configured.listen, [](const std::string& address) { return address.starts_with("tls:"); });
    loaded_.configured.limits.http = !loaded_.configured.http.empty();
    loaded_.effective = loaded_.configured;
    engine::resolve(loaded_.effective.limits);
    if (!loaded_.configured.web_origins.empty() && loaded_.configured.http.empty() && !loaded_.configured.limits.tls) {
      add_error(result_of(*find_setting("web-origin")).origin, "gRPC-Web needs a listener with TLS, or that of http");
    }
    for (const LimitRule& rule : engine::limit_rules())
      check_rule(rule);
#ifdef MOTE_TLS
    if (loaded_.errors.empty()) check_access();
#endif
    if (loaded_.errors.empty()) check_budget(sizes);
    return std::move(loaded_);
  }

 private:
  Result& result_of(const Setting& setting) {
    return results_[static_cast<std::size_t>(&setting - settings().data())];
  }
  Result& result_of(LimitId id) {
    return result_of(*find_setting(engine::limit_row(id).name));
  }

  void apply(const Assignments& source) {
    std::vector<const Setting*> replaced;
    for (const Assignment& assignment : source) {
      const Setting& setting = *assignment.setting;
      if (setting.clear != nullptr && std::ranges::find(replaced, &setting) == replaced.end()) {
        setting.clear(setting, loaded_.configured);
        replaced.push_back(&setting);
      }
      const std::string error = setting.set(setting, loaded_.configured, assignment.value);
      result_of(setting) = {.origin = assignment.origin, .wrong = result_of(setting).wrong || !error.empty()};
      if (error.empty()) continue;
      // The origin of a flag or a variable contains its key, that of a line does not.
      const bool in_file = assignment.origin.line != 0;
      add_error(assignment.origin, in_file ? engine::concat({setting.key, ": ", error}) : error);
    }
  }

  // A wrong value is not compared with others. An automatic value is derived from them and always follows the rule.
  void check_rule(const LimitRule& rule) {
    const engine::Limits& limits = loaded_.effective.limits;
    const LimitRow& row = engine::limit_row(rule.limit);
    if (result_of(rule.limit).wrong || result_of(rule.because).wrong || rule.holds(limits)) return;
    if (row.zero == engine::Zero::Automatic && row.get(loaded_.configured.limits) == 0) return;
    const bool at_least = rule.kind == LimitRule::Kind::AtLeast;
    add_error(origin_of(rule.limit, rule.because),
              engine::concat({row.name, " = ", to_text(row.get(limits), row.unit),
                              at_least ? " is too small: at least " : " is too large: at most ",
                              to_text(rule.bound(limits), row.unit), " (", rule.bound_text,
                              at_least ? "); raise it or lower " : "); lower it or raise ",
                              engine::limit_row(rule.because).name}));
  }

  Origin origin_of(LimitId first, LimitId second) {
    const Origin& origin = result_of(first).origin;
    return origin.source.empty() ? result_of(second).origin : origin;
  }

#ifdef MOTE_TLS
  void check_access() {
    const std::string error = load_access(loaded_.effective);
    if (error.empty()) return;
    const std::size_t colon = error.find(':');
    const Setting* named = find_setting(std::string_view(error).substr(0, colon));
    if (named == nullptr) return add_error(result_of(*find_setting("listen")).origin, error);
    const Origin& origin = result_of(*named).origin;
    // A flag or a variable already has the name of the setting.
    const bool is_line = origin.line != 0;
    add_error(origin, is_line ? error : error.substr(colon + 2));
  }
#endif

  void check_budget(const engine::EngineSizes& sizes) {
    const Config& config = loaded_.effective;
    if (engine::worst_case_bytes(config.limits, sizes) <= config.memory_budget) return;
    const LimitRow& largest = largest_cost(config.limits, sizes);
    const Origin& budget = result_of(*find_setting("memory-budget")).origin;
    add_error(budget.source.empty() ? result_of(largest.id).origin : budget, over_budget(config, sizes));
  }

  void add_error(const Origin& origin, std::string text) {
    loaded_.errors.push_back({origin, std::move(text)});
  }

  LoadedConfig loaded_;
  std::vector<Result> results_ = std::vector<Result>(settings().size());
};

}  // namespace

std::string ConfigError::to_text() const {
  if (origin.source.empty()) return text;
  if (origin.line == 0) return engine::concat({origin.source, ": ", text});
  return engine::concat({origin.source, ":", engine::digits(origin.line), ": ", text});
}

LoadedConfig load_config(std::span<const Assignments> sources, const engine::EngineSizes& sizes,
                         std::vector<ConfigError> errors) {
  return Loader(std::move(errors)).load(sources, sizes);
}

}  // namespace mote::gateway

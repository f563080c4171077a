#include "mote-device/top_view.h"

#include <algorithm>
#include <cstdarg>
#include <span>

#include "mote-device/escaped.h"

namespace mote::tool {
namespace {

constexpr std::size_t kMostLine = 512;

// Writes lines that fit the screen, the last one without its end.
class Lines {
 public:
  Lines(const TopScreen& screen, std::FILE* out) : screen_(screen), out_(out) {
    if (screen_.draws) std::fputs("\033[H", out_);
  }
  ~Lines() {
    if (screen_.draws) {
      std::fputs("\033[K\033[J", out_);
    } else {
      std::fputc('\n', out_);
    }
    std::fflush(out_);
  }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  // A line, as printf() writes it.
  [[gnu::format(printf, 2, 3)]] void put(const char* format, ...) {
    std::array<char, kMostLine> text{};
    std::va_list values;
    va_start(values, format);
    std::vsnprintf(text.data(), text.size(), format, values);
    va_end(values);
    put_text(text.data(), "");
  }
  void put_title(const char* text) {
    put_text("", "");
    put_text(text, screen_.draws ? "\033[1m" : "");
  }

 private:
  void put_text(std::string_view text, const char* style) {
    if (rows_ == screen_.rows) return;
    if (rows_++ != 0) std::fputs(screen_.draws ? "\033[K\n" : "\n", out_);
    std::fputs(style, out_);
    put_line_text(text.substr(0, screen_.columns), out_);
    if (*style != '\0') std::fputs("\033[0m", out_);
  }

  const TopScreen& screen_;
  std::FILE* out_;
  std::size_t rows_ = 0;
};

using Short = std::array<char, 24>;

Short bytes(std::uint64_t count) {
  Short text{};
  const auto value = static_cast<double>(count);
  if (count < 10'240) {
    std::snprintf(text.data(), text.size(), "%llu B", static_cast<unsigned long long>(count));
  } else if (count < 10'485'760) {
    std::snprintf(text.data(), text.size(), "%.0f KiB", value / 1024);
  } else {
    std::snprintf(text.data(), text.size(), "%.1f MiB", value / 1'048'576);
  }
  return text;
}

Short duration(std::uint64_t us) {
  Short text{};
  const auto value = static_cast<double>(us);
  if (us < 1000) {
    std::snprintf(text.data(), text.size(), "%llu us", static_cast<unsigned long long>(us));
  } else if (us < 1'000'000) {
    std::snprintf(text.data(), text.size(), "%.1f ms", value / 1e3);
  } else {
    std::snprintf(text.data(), text.size(), "%.1f s", value / 1e6);
  }
  return text;
}

Short since(std::uint64_t us) {
  Short text{};
  const unsigned long long minutes = us / 60'000'000;
  if (minutes < 60) {
    std::snprintf(text.data(), text.size(), "%llu min %02llu s", minutes,
                  static_cast<unsigned long long>(us / 1'000'000 % 60));
  } else if (minutes < 2880) {
    std::snprintf(text.data(), text.size(), "%llu h %02llu min", minutes / 60, minutes % 60);
  } else {
    std::snprintf(text.data(), text.size(), "%llu days %llu h", minutes / 1440, minutes / 60 % 24);
  }
  return text;
}

Short bar(std::uint64_t used, std::uint64_t most) {
  constexpr std::size_t kWidth = 20;
  Short text{};
  const std::size_t full = most == 0 ? 0 : static_cast<std::size_t>(std::min(used, most) * kWidth / most);
  std::fill_n(text.begin(), kWidth, '.');
  std::fill_n(text.begin(), full, '#');
  return text;
}

// The bound below which `hundredths` of the calls took.
Short quantile(JsonView bounds, JsonView within, std::uint64_t hundredths) {
  std::uint64_t all = 0;
  for (JsonItems counts(within); counts.next();)
    all += counts.value().number();
  if (all == 0) return {"-"};
  std::uint64_t seen = 0;
  std::uint64_t bound = 0;
  JsonItems limits(bounds);
  for (JsonItems counts(within); counts.next();) {
    const bool last = !limits.next();
    if (!last) bound = limits.value().number();
    seen += counts.value().number();
    if (seen * 100 < all * hundredths) continue;
    Short text{};
    std::snprintf(text.data(), text.size(), "%c %.20s", last ? '>' : '<', duration(bound).data());
    return text;
  }
  return {"-"};
}

std::uint64_t errors_of(JsonView method) {
  std::uint64_t errors = 0;
  for (JsonItems codes(method["codes"]); codes.next();) {
    if (codes.key() != "OK") errors += codes.value().number();
  }
  return errors;
}

int width(std::string_view text) {
  return static_cast<int>(std::min<std::size_t>(text.size(), kMostLine));
}

void put_methods(JsonView stats, std::span<const std::uint64_t> before, double seconds, Lines& lines) {
  lines.put_title("METHOD                                      CALLS/S      CALLS     ERRORS     MEDIAN  99 OF 100");
  std::size_t row = 0;
  for (JsonItems methods(stats["methods"]); methods.next(); ++row) {
    const JsonView method = methods.value();
    const std::uint64_t started = method["started"].number();
    if (started == 0) continue;
    std::array<char, 256> name{};
    const std::string_view service = method["service"].text();
    const std::string_view own = method["method"].text();
    std::snprintf(name.data(), name.size(), "%.*s/%.*s", width(service), service.data(), width(own), own.data());
    const std::uint64_t known = row < before.size() ? before[row] : started;
    lines.put("%-40s %10.1f %10llu %10llu %10s %10s", name.data(),
              static_cast<double>(started - std::min(known, started)) / seconds,
              static_cast<unsigned long long>(started), static_cast<unsigned long long>(errors_of(method)),
              quantile(stats["bounds_us"], method["within"], 50).data(),
              quantile(stats["bounds_us"], method["within"], 99).data());
  }
}

void put_resources(JsonView stats, Lines& lines) {
  lines.put_title("RESOURCE                         USED OF         MOST");
  const JsonView memory = stats["memory"];
  const std::uint64_t resident = memory["resident"].number();
  const std::uint64_t worst = memory["worst_case"].number();
  lines.put("%-16s %20s %8s of %8s", "resident memory", bar(resident, worst).data(), bytes(resident).data(),
            bytes(worst).data());
  for (JsonItems pools(stats["pools"]); pools.next();) {
    const std::string_view name = pools.value()["name"].text();
    const std::uint64_t used = pools.value()["used"].number();
    const std::uint64_t capacity = pools.value()["capacity"].number();
    if (capacity == 0) continue;
    lines.put("%-16.*s %20s %8llu of %8llu", width(name), name.data(), bar(used, capacity).data(),
              static_cast<unsigned long long>(used), static_cast<unsigned long long>(capacity));
  }
}

void put_refusals(JsonView stats, Lines& lines) {
  lines.put_title("REFUSAL                          TIMES  AGO          PEER");
  for (JsonItems refusals(stats["refusals"]); refusals.next();) {
    const std::string_view name = refusals.value()["name"].text();
    const std::string_view peer = refusals.value()["peer"].text();
    lines.put("%-28.*s %9llu  %-12s %.*s", width(name), name.data(),
              static_cast<unsigned long long>(refusals.value()["count"].number()),
              since(refusals.value()["ago_s"].microseconds()).data(), width(peer), peer.data());
  }
}

void put_peers(JsonView stats, Lines& lines) {
  lines.put_title("PEER                                     CONNECTIONS      CALLS     BLOCKS");
  for (JsonItems peers(stats["peers"]); peers.next();) {
    const std::string_view address = peers.value()["address"].text();
    lines.put("%-40.*s %11llu %10llu %10llu", width(address), address.data(),
              static_cast<unsigned long long>(peers.value()["connections"].number()),
              static_cast<unsigned long long>(peers.value()["calls"].number()),
              static_cast<unsigned long long>(peers.value()["blocks"].number()));
  }
}

}  // namespace

TopView::Counts TopView::counts_of(JsonView stats) {
  Counts counts{.at_us = stats["uptime_s"].microseconds(),
                .received = stats["received_bytes"].number(),
                .sent = stats["sent_bytes"].number(),
                .cpu_us = stats["cpu_s"].microseconds()};
  std::size_t row = 0;
  for (JsonItems methods(stats["methods"]); methods.next(); ++row) {
    const std::uint64_t started = methods.value()["started"].number();
    counts.calls += started;
    counts.errors += errors_of(methods.value());
    if (row < counts.methods.size()) counts.methods[row] = started;
  }
  return counts;
}

void TopView::remember(JsonView stats) {
  before_ = counts_of(stats);
}

void TopView::put(JsonView stats, const TopScreen& screen, std::FILE* out) {
  const Counts now = counts_of(stats);
  if (now.at_us < before_.at_us) before_ = {};  // The gateway was restarted.
  const double seconds = std::max(static_cast<double>(now.at_us - before_.at_us) / 1e6, 1e-3);
  const auto rate = [seconds](std::uint64_t count, std::uint64_t before) {
    return static_cast<double>(count - std::min(before, count)) / seconds;
  };
  Lines lines(screen, out);
  const std::string_view program = stats["program"].text();
  const std::string_view version = stats["version"].text();
  lines.put("%.*s %.*s, up %s, %s", width(program), program.data(), width(version), version.data(),
            since(now.at_us).data(), stats["draining"].text() == "true" ? "finishing calls" : "serving");
  lines.put("calls %.1f/s, errors %.1f/s, received %s/s, sent %s/s, CPU %.1f %%, longest turn %s",
            rate(now.calls, before_.calls), rate(now.errors, before_.errors),
            bytes(static_cast<std::uint64_t>(rate(now.received, before_.received))).data(),
            bytes(static_cast<std::uint64_t>(rate(now.sent, before_.sent))).data(),
            rate(now.cpu_us, before_.cpu_us) / 1e4, duration(stats["longest_turn_us"].number()).data());
  put_methods(stats, before_.methods, seconds, lines);
  put_resources(stats, lines);
  put_peers(stats, lines);
  put_refusals(stats, lines);
}

}  // namespace mote::tool

#include "mote-device/bars.h"

#include <algorithm>

namespace mote::tool {
namespace {

constexpr std::uint64_t kRowsOfBody = 10;
// The tail is put into the last row if the rows would be more than this many times as wide with it.
constexpr std::uint64_t kStretch = 4;
constexpr std::size_t kNarrowestBar = 10;
constexpr unsigned kEighths = 8;

std::uint64_t end_of_body(const LatencyHistogram& values) {
  std::uint64_t end = values.max();
  for (const unsigned percent : {99U, 95U, 90U}) {
    const std::uint64_t shorter = values.percentile(percent);
    if (end - values.min() > kStretch * (shorter - values.min())) end = shorter;
  }
  return end;
}

double milliseconds(std::uint64_t us) {
  return static_cast<double>(us) / 1000;
}

int digits_before_point(std::uint64_t us) {
  int digits = 1;
  for (std::uint64_t whole = us / 1000; whole >= 10; whole /= 10)
    ++digits;
  return digits;
}

void draw_bar(std::uint64_t count, std::uint64_t highest, std::size_t columns, bool blocks, std::FILE* out) {
  static constexpr const char* kParts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  // Floating point, because counts times columns may overflow. A nonzero count is always visible.
  const double share = static_cast<double>(count) / static_cast<double>(highest);
  const auto filled = static_cast<std::uint64_t>(share * static_cast<double>(columns * kEighths));
  const std::uint64_t eighths = count == 0 ? 0 : std::max<std::uint64_t>(filled, 1);
  const std::uint64_t whole = blocks ? eighths / kEighths : (eighths + kEighths - 1) / kEighths;
  for (std::uint64_t i = 0; i < whole; ++i)
    std::fputs(blocks ? "█" : "#", out);
  if (blocks) std::fputs(kParts[eighths % kEighths], out);
}

}  // namespace

std::uint64_t round_step(std::uint64_t least) {
  std::uint64_t power = 1;
  while (power * 5 < least)
    power *= 10;
  for (const std::uint64_t factor : {1U, 2U, 5U}) {
    if (power * factor >= least) return power * factor;
  }
  return power;
}

int millisecond_digits(std::uint64_t us) {
  if (us >= 1000) return 0;
  if (us >= 100) return 1;
  return us >= 10 ? 2 : 3;
}

Rows::Rows(const LatencyHistogram& values) {
  if (values.count() == 0) return;
  const std::uint64_t end = end_of_body(values);
  const std::uint64_t tenth = (end - values.min() + kRowsOfBody - 1) / kRowsOfBody;
  width_ = round_step(std::max({tenth, LatencyHistogram::resolution(end), std::uint64_t{1}}));
  std::uint64_t from = values.min() / width_ * width_;
  for (; from <= end; from += width_)
    add(from, from + width_, values);
  if (from <= values.max()) add(from, kNoEnd, values);
}

void Rows::add(std::uint64_t from, std::uint64_t to, const LatencyHistogram& values) {
  if (size_ < rows_.size()) rows_[size_++] = {.from = from, .to = to, .count = values.count_between(from, to)};
}

std::uint64_t Rows::highest_count() const {
  std::uint64_t highest = 0;
  for (const Row& row : all())
    highest = std::max(highest, row.count);
  return highest;
}

void draw_bars(const LatencyHistogram& values, std::size_t columns, bool blocks, std::FILE* out) {
  const Rows rows(values);
  if (rows.all().empty()) return;
  const int digits = millisecond_digits(rows.width());
  const int width = digits_before_point(rows.all().back().from + rows.width()) + (digits > 0 ? digits + 1 : 0);
  // Both edges, " to ", " ms  ", a space and the count.
  const std::size_t beside = 2 * static_cast<std::size_t>(width) + 20;
  const std::size_t bar = columns > beside + kNarrowestBar ? columns - beside : kNarrowestBar;
  for (const Row& row : rows.all()) {
    if (row.to == Rows::kNoEnd) {
      std::fprintf(out, "%*s %*.*f ms  ", width + 3, "from", width, digits, milliseconds(row.from));
    } else {
      std::fprintf(out, "%*.*f to %*.*f ms  ", width, digits, milliseconds(row.from), width, digits,
                   milliseconds(row.to));
    }
    draw_bar(row.count, rows.highest_count(), bar, blocks, out);
    std::fprintf(out, "%s%llu\n", row.count == 0 ? "" : " ", static_cast<unsigned long long>(row.count));
  }
}

}  // namespace mote::tool

#include "mote-device/plot.h"

#include <algorithm>

#include "mote-device/axis.h"
#include "mote-device/bars.h"
#include "mote-device/escaped.h"

namespace mote::tool {
namespace {

// A rectangle of the picture, in SVG units.
struct Box {
  double left, top, right, bottom;

  [[nodiscard]] double x(double place) const { return left + (right - left) * place; }
  [[nodiscard]] double y(double place) const { return bottom - (bottom - top) * place; }
};
constexpr Box kCourse = {.left = 70, .top = 84, .right = 690, .bottom = 356};
constexpr Box kSpread = {.left = 706, .top = kCourse.top, .right = 826, .bottom = kCourse.bottom};
constexpr int kWidth = 900;
constexpr int kHeight = 410;
constexpr unsigned kSpreadBars = 34;
constexpr std::uint64_t kMicrosecondsOfSecond = 1'000'000;
// The axis of longer runs is in minutes.
constexpr std::uint64_t kMostSeconds = 600;

constexpr const char* kHead =
    R"(<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" font-family="sans-serif" font-size="12">
<style>
.ground{fill:#fff}.text{fill:#1f2328}.quiet{fill:#59636e}.grid{stroke:#d8dee4}.call{fill:#0969da}.range{stroke:#0969da}
.median{stroke:#1a7f37}.median-text{fill:#1a7f37}.p99{stroke:#bc4c00}.p99-text{fill:#bc4c00}.failed{stroke:#cf222e}.failed-text{fill:#cf222e}
@media (prefers-color-scheme: dark) {
.ground{fill:#0d1117}.text{fill:#e6edf3}.quiet{fill:#9198a1}.grid{stroke:#30363d}.call{fill:#4493f8}.range{stroke:#4493f8}
.median{stroke:#3fb950}.median-text{fill:#3fb950}.p99{stroke:#f0883e}.p99-text{fill:#f0883e}.failed{stroke:#f85149}.failed-text{fill:#f85149}
}
</style>
<rect class="ground" width="%d" height="%d"/>
)";

double milliseconds(std::uint64_t us) {
  return static_cast<double>(us) / 1000;
}

class Picture {
 public:
  Picture(const Options& options, const Tally& tally, std::FILE* out)
      : options_(options),
        tally_(tally),
        out_(out),
        values_(Axis::of_values(tally.took.min(), tally.took.percentile(50), tally.took.max())),
        time_(Axis::of_time(std::max<std::uint64_t>(tally.elapsed_us, 1))) {}

  void put() {
    std::fprintf(out_, kHead, kWidth, kHeight, kWidth, kHeight, kWidth, kHeight);
    put_title();
    put_value_grid();
    put_time_grid();
    put_failures();
    put_course();
    put_spread();
    put_percentile("median", tally_.took.percentile(50), 0);
    put_percentile("p99", tally_.took.percentile(99), tally_.took.percentile(50));
    std::fputs("</svg>\n", out_);
  }

 private:
  void put_title() {
    std::fprintf(out_, "<text class=\"text\" x=\"%.0f\" y=\"30\" font-size=\"17\" font-weight=\"bold\">", kCourse.left);
    std::fputs(method(options_.mode), out_);
    std::fputs(" at ", out_);
    put_xml_text(options_.target_text, out_);
    std::fprintf(out_, "</text>\n<text class=\"quiet\" x=\"%.0f\" y=\"52\">%llu answered, ", kCourse.left,
                 static_cast<unsigned long long>(tally_.answered));
    std::fprintf(out_, "<tspan class=\"%s\">%llu failed (%.1f %% loss)</tspan>",
                 tally_.failed == 0 ? "quiet" : "failed-text", static_cast<unsigned long long>(tally_.failed),
                 tally_.loss_percent());
    std::fprintf(out_, " &#183; min %.3f, median %.3f, p99 %.3f, max %.3f ms</text>\n", milliseconds(tally_.took.min()),
                 milliseconds(tally_.took.percentile(50)), milliseconds(tally_.took.percentile(99)),
                 milliseconds(tally_.took.max()));
  }

  void put_line(const char* style, double x1, double y1, double x2, double y2) {
    std::fprintf(out_, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", style, x1, y1, x2, y2);
  }

  void put_value_grid() {
    const auto ticks = values_.ticks();
    const std::uint64_t step = ticks.size() < 2 ? 1 : ticks[1] - ticks[0];
    for (const std::uint64_t tick : ticks) {
      const double y = kCourse.y(values_.place(tick));
      put_line("grid", kCourse.left, y, kSpread.right, y);
      std::fprintf(out_, "<text class=\"quiet\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.*f</text>\n",
                   kCourse.left - 8, y + 4, millisecond_digits(values_.logarithmic() ? tick : step),
                   milliseconds(tick));
    }
    std::fprintf(out_, "<text class=\"quiet\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">ms</text>\n", kCourse.left - 8,
                 kCourse.top - 12);
    std::fprintf(out_, "<text class=\"quiet\" x=\"%.1f\" y=\"%.1f\">%s%s</text>\n", kCourse.left, kCourse.top - 12,
                 options_.mode == Mode::ReplyStream ? "time from each reply to the next" : "time of each call",
                 values_.logarithmic() ? ", logarithmic" : "");
    std::fprintf(out_, "<text class=\"quiet\" x=\"%.1f\" y=\"%.1f\">how often</text>\n", kSpread.left,
                 kCourse.top - 12);
  }

  void put_time_grid() {
    const bool minutes = tally_.elapsed_us > kMostSeconds * kMicrosecondsOfSecond;
    const double unit = static_cast<double>(kMicrosecondsOfSecond) * (minutes ? 60 : 1);
    const auto ticks = time_.ticks();
    const double step = ticks.size() < 2 ? 1 : static_cast<double>(ticks[1] - ticks[0]) / unit;
    const int digits = millisecond_digits(static_cast<std::uint64_t>(step * 1000));
    for (const std::uint64_t tick : ticks) {
      const double x = kCourse.x(time_.place(tick));
      put_line("grid", x, kCourse.bottom, x, kCourse.bottom + 5);
      std::fprintf(out_, "<text class=\"quiet\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.*f</text>\n", x,
                   kCourse.bottom + 19, digits, static_cast<double>(tick) / unit);
    }
    std::fprintf(out_, "<text class=\"quiet\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s of the run</text>\n",
                 kCourse.x(0.5), kCourse.bottom + 38, minutes ? "minutes" : "seconds");
  }

  // The x coordinate of the middle of a slot.
  double x_of(std::size_t slot) const {
    const std::uint64_t width = tally_.series.slot_us();
    return kCourse.x(time_.place(slot * width + width / 2));
  }

  void put_failures() {
    const auto slots = tally_.series.slots();
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (slots[i].failed == 0) continue;
      std::fprintf(out_,
                   "<line class=\"failed\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke-opacity=\"0.45\"/>\n",
                   x_of(i), kCourse.top, x_of(i), kCourse.bottom);
      std::fprintf(out_, "<path class=\"failed\" stroke-width=\"2\" d=\"M%.1f %.1fl6 6m0 -6l-6 6\"/>\n", x_of(i) - 3,
                   kCourse.top - 3);
    }
  }

  // Draws a dot for a call. If more than two calls ended in a slot, draws their range and a dot for the mean.
  void put_course() {
    const auto slots = tally_.series.slots();
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const Series::Slot& slot = slots[i];
      if (slot.answered == 0) continue;
      if (slot.answered > 2) {
        std::fprintf(out_,
                     "<line class=\"range\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke-opacity=\"0.4\" "
                     "stroke-linecap=\"round\"/>\n",
                     x_of(i), kCourse.y(values_.place(slot.least_us)), x_of(i), kCourse.y(values_.place(slot.most_us)));
        put_dot(i, slot.sum_us / slot.answered);
        continue;
      }
      put_dot(i, slot.least_us);
      if (slot.answered == 2) put_dot(i, slot.most_us);
    }
  }

  void put_dot(std::size_t slot, std::uint64_t us) {
    std::fprintf(out_, "<circle class=\"call\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"/>\n", x_of(slot),
                 kCourse.y(values_.place(us)), tally_.series.slots().size() > 300 ? "1.3" : "2.4");
  }

  void put_spread() {
    std::array<std::uint64_t, kSpreadBars> counts{};
    std::uint64_t highest = 1;
    for (unsigned i = 0; i < kSpreadBars; ++i) {
      const bool last = i + 1 == kSpreadBars;
      const std::uint64_t to = last ? UINT64_MAX : values_.value(static_cast<double>(i + 1) / kSpreadBars);
      counts[i] = tally_.took.count_between(values_.value(static_cast<double>(i) / kSpreadBars), to);
      highest = std::max(highest, counts[i]);
    }
    const double height = (kSpread.bottom - kSpread.top) / kSpreadBars;
    for (unsigned i = 0; i < kSpreadBars; ++i) {
      if (counts[i] == 0) continue;
      const double width =
          (kSpread.right - kSpread.left) * static_cast<double>(counts[i]) / static_cast<double>(highest);
      std::fprintf(out_, "<rect class=\"call\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", kSpread.left,
                   kSpread.bottom - height * (i + 1) + 0.5, std::max(width, 1.0), height - 1);
    }
  }

  // Draws a line at a percentile and its name at the right; the name is above the line if the value `below` is close.
  void put_percentile(const char* what, std::uint64_t value, std::uint64_t below) {
    if (tally_.took.count() < 2) return;
    const double y = kCourse.y(values_.place(value));
    std::fprintf(out_,
                 "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke-dasharray=\"5 4\"/>\n",
                 what, kCourse.left, y, kSpread.right, y);
    const double distance = below == 0 ? kCourse.bottom : kCourse.y(values_.place(below)) - y;
    const double label = y + 4 - std::max(0.0, 13 - distance);
    std::fprintf(out_, "<text class=\"%s-text\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", what, kSpread.right + 6, label,
                 what);
  }

  const Options& options_;
  const Tally& tally_;
  std::FILE* out_;
  Axis values_;
  Axis time_;
};

}  // namespace

void put_plot(const Options& options, const Tally& tally, std::FILE* out) {
  Picture(options, tally, out).put();
}

}  // namespace mote::tool

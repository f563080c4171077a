#include "mote-device/progress.h"

namespace mote::tool {
namespace {

constexpr std::uint64_t kBetweenUs = 100'000;

}  // namespace

void Progress::show(const Options& options, const Tally& tally, std::uint64_t under_way, std::uint64_t now_us) {
  if (out_ == nullptr || now_us < next_us_) return;
  next_us_ = now_us + kBetweenUs;
  erase();
  const unsigned long long sent = tally.sent() + under_way;
  std::fprintf(out_, "%llu", sent);
  if (options.count != 0) std::fprintf(out_, " of %u", options.count);
  std::fprintf(out_, ", %llu failed", static_cast<unsigned long long>(tally.failed));
  if (tally.took.count() != 0)
    std::fprintf(out_, ", median %.3f ms", static_cast<double>(tally.took.percentile(50)) / 1000);
  std::fflush(out_);
  shown_ = true;
}

void Progress::erase() {
  if (!shown_) return;
  std::fputs("\r\x1b[K", out_);
  std::fflush(out_);
  shown_ = false;
}

}  // namespace mote::tool

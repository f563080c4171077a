#include "engine/lean/monitor/recent_refusals.h"

#include <new>

namespace mote::lean {

namespace {

constexpr Time kSame = std::chrono::seconds(1);

}  // namespace

RecentRefusals::RecentRefusals(std::span<Refusal> places) : places_(places) {
  for (Refusal& place : places_)
    new (&place) Refusal;
}

Refusal* RecentRefusals::note(std::string_view name, Time now) {
  for (Refusal& place : places_) {
    if (place.name != name || now - place.at >= kSame) continue;
    place.at = now;
    ++place.count;
    return nullptr;
  }
  Refusal& place = places_[next_];
  next_ = (next_ + 1) % places_.size();
  place = {.at = now, .name = name, .count = 1, .peer = {}};
  return &place;
}

const Refusal* RecentRefusals::newest(std::size_t index) const {
  if (index >= places_.size()) return nullptr;
  const Refusal& place = places_[(next_ + places_.size() - 1 - index) % places_.size()];
  return place.name.empty() ? nullptr : &place;
}

}  // namespace mote::lean

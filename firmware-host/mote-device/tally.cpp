#include "mote-device/tally.h"

#include <algorithm>

namespace mote::tool {
namespace {

std::uint64_t not_negative(std::int64_t us) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0));
}

}  // namespace

double Tally::loss_percent() const {
  return sent() == 0 ? 0 : 100 * static_cast<double>(failed) / static_cast<double>(sent());
}

void Tally::add(const Answer& answer) {
  ++answered;
  if (answer.first) {
    first.add(answer.took_us);
  } else {
    took.add(answer.took_us);
    series.add_answer(answer.at_us, answer.took_us);
  }
  if (!answer.timing.known) return;
  back.add(not_negative(answer.timing.ways.back));
  if (!answer.timing.complete) return;
  there.add(not_negative(answer.timing.ways.there));
  at_gateway.add(not_negative(answer.timing.times.gateway()));
}

void Tally::add(const Failure& failure) {
  add_lost(1, failure.status);
  series.add_failure(failure.at_us);
}

void Tally::add(const Collected& collected) {
  const std::uint64_t counted = std::min(collected.messages, collected.sent);
  answered += counted;
  took.add(collected.took_us);
  series.add_answer(collected.at_us, collected.took_us);
  if (counted == collected.sent) return;
  add_lost(collected.sent - counted, MOTE_DATA_LOSS);
  series.add_failure(collected.at_us);
}

void Tally::add_lost(std::uint64_t messages, mote_status status) {
  failed += messages;
  failed_with[std::min<std::size_t>(status, kStatuses - 1)] += messages;
}

}  // namespace mote::tool

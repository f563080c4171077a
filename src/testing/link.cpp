#include "testing/link.h"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace mote::testing {

namespace {

std::chrono::milliseconds millisecond_of(rpc::Time now) {
  return std::chrono::floor<std::chrono::milliseconds>(now);
}

// Moves the first `size` elements.
template <class Output>
void move_front(std::deque<std::uint8_t>& from, std::size_t size, Output to) {
  const auto end = from.begin() + static_cast<std::ptrdiff_t>(size);
  std::copy(from.begin(), end, to);
  from.erase(from.begin(), end);
}

}  // namespace

bool Link::Direction::waits() const {
  return sent.empty() ? end_sent && !end_arrived : arrived.size() < kBufferBytes;
}

std::size_t Link::Direction::put(Bytes bytes) {
  const std::size_t size = std::min(bytes.size(), room());
  sent.insert(sent.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  return size;
}

std::size_t Link::Direction::take(MutableBytes to) {
  const std::size_t size = std::min(to.size(), arrived.size());
  move_front(arrived, size, to.begin());
  return size;
}

bool Link::Direction::pass() {
  const std::size_t size = std::min({sent.size(), kBufferBytes - arrived.size(), budget});
  move_front(sent, size, std::back_inserter(arrived));
  budget -= size;
  const bool ends = end_sent && !end_arrived && sent.empty() && budget != 0;
  end_arrived = end_arrived || ends;
  return size != 0 || ends;
}

void Link::Direction::cut() {
  sent.clear();
  arrived.clear();
  end_sent = true;
  end_arrived = true;
}

lean::IoResult Link::read(MutableBytes to) {
  const std::size_t size = up_.take(to);
  if (size != 0) return {lean::Io::Done, size};
  return {up_.end_arrived ? lean::Io::Closed : lean::Io::WouldBlock};
}

lean::IoResult Link::write(Bytes from) {
  if (broken_) return {lean::Io::Closed};
  const std::size_t size = down_.put(from);
  return size == 0 ? lean::IoResult{} : lean::IoResult{lean::Io::Done, size};
}

void Link::close() {
  client_closed_ = true;
  up_.end_sent = true;
}

void Link::cut() {
  broken_ = true;
  up_.cut();
  down_.cut();
}

bool Link::pass(rpc::Time now) {
  if (const std::chrono::milliseconds current = millisecond_of(now); current != budget_of_) {
    budget_of_ = current;
    up_.budget = down_.budget = bytes_per_ms_;
  }
  const bool up = up_.pass();
  const bool down = down_.pass();
  return up || down;
}

rpc::Time Link::next_pass() const {
  if (bytes_per_ms_ == 0 || (!up_.waits() && !down_.waits())) return rpc::Time::max();
  return budget_of_ + std::chrono::milliseconds(1);
}

}  // namespace mote::testing

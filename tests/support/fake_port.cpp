#include "support/fake_port.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "mote/span.h"
#include "support/frame_text.h"

namespace mote::test {

namespace {

constexpr std::uint8_t kHeaders = 1;

}  // namespace

mote_port FakePort::functions() {
  return {.context = this,
          .connect = [](void* port, std::uint32_t deadline_ms) { return of(port).connect(deadline_ms); },
          .disconnect = [](void* port) { ++of(port).disconnects; },
          .write =
              [](void* port, const std::uint8_t* bytes, std::size_t size, std::uint32_t deadline_ms) {
                return of(port).write(Octets(bytes, std::next(bytes, static_cast<std::ptrdiff_t>(size))), deadline_ms);
              },
          .read =
              [](void* port, std::uint8_t* into, std::size_t room, std::uint32_t deadline_ms) {
                return of(port).read({into, room}, deadline_ms);
              },
          .now_ms = [](void* port) { return of(port).now_ms; },
          .entropy = nullptr};
}

std::vector<std::string> FakePort::sent() {
  return lines_of(std::exchange(written_, {}));
}

bool FakePort::connect(std::uint32_t deadline_ms) {
  ++connects;
  ended_ = closes_at_once;
  incoming_.clear();
  if (refuses) {
    const std::uint32_t until_ms = now_ms + refusal_ms;
    wait_until(mote_left_ms(until_ms, deadline_ms) < 0 ? deadline_ms : until_ms);
    return false;
  }
  if (sends_settings) sends(FrameScript().settings().settings_ack());
  return true;
}

bool FakePort::write(Octets bytes, std::uint32_t deadline_ms) {
  if (blocks_writes || free_writes == 0) {
    wait_until(deadline_ms);
    return false;
  }
  --free_writes;
  if (as_text(bytes).starts_with(http2::kPreface))
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(http2::kPreface.size()));
  answer_requests(bytes);
  written_ = std::move(written_) + bytes;
  return true;
}

void FakePort::answer_requests(const Octets& frames) {
  std::span<const std::uint8_t> rest(frames);
  for (const RawFrame& frame : take_frames(rest)) {
    if (frame.type != kHeaders) continue;
    requests.emplace_back(frame.payload.begin(), frame.payload.end());
    if (!answers_.empty()) {
      sends(answers_.front());
      answers_.pop_front();
    } else if (otherwise) {
      sends(otherwise(frame.stream));
    }
  }
}

int FakePort::read(std::span<std::uint8_t> into, std::uint32_t deadline_ms) {
  ++reads;
  if (!flood_.empty() && incoming_.size() < flood_.size()) {
    sends(flood_);
    ++now_ms;
  }
  if (incoming_.empty() && !ended_ && !later_.empty() && mote_left_ms(later_.front().at_ms, deadline_ms) >= 0) {
    if (mote_left_ms(now_ms, later_.front().at_ms) > 0) now_ms = later_.front().at_ms;
    sends(later_.front().bytes);
    later_.pop_front();
  }
  if (incoming_.empty()) {
    if (ended_) return MOTE_PORT_CLOSED;
    wait_until(deadline_ms);
    return 0;
  }
  const std::size_t size = std::min({into.size(), incoming_.size(), piece_bytes});
  const auto end = incoming_.begin() + static_cast<std::ptrdiff_t>(size);
  std::copy(incoming_.begin(), end, into.begin());
  incoming_.erase(incoming_.begin(), end);
  return static_cast<int>(size);
}

void FakePort::wait_until(std::uint32_t deadline_ms) {
  if (mote_left_ms(now_ms, deadline_ms) > 0) now_ms = deadline_ms;
}

}  // namespace mote::test

// Mutates an input of connection_owner.h frame by frame, so that most results are still HTTP/2.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace mote::fuzz {

class FrameMutator {
 public:
  FrameMutator(std::span<const std::uint8_t> bytes, unsigned seed) : random_(seed) {
    const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
    std::size_t at = input.empty() ? 0 : std::min<std::size_t>(input.size(), 1U + input[0]);
    head_.assign(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(at));
    while (at < input.size()) {
      const std::size_t left = input.size() - at;
      std::size_t frame = left;
      if (left >= 9) frame = std::min<std::size_t>(left, 9U + length_of(input, at));
      const auto begin = input.begin() + static_cast<std::ptrdiff_t>(at);
      frames_.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(frame));
      at += frame;
    }
  }

  std::vector<std::uint8_t> mutated() {
    for (unsigned times = 1 + below(3); times > 0; --times)
      mutate();
    std::vector<std::uint8_t> result = head_;
    for (const Frame& frame : frames_)
      result.insert(result.end(), frame.begin(), frame.end());
    return result;
  }

 private:
  using Frame = std::vector<std::uint8_t>;

  unsigned below(std::size_t limit) { return static_cast<unsigned>(random_() % limit); }

  void mutate() {
    if (frames_.empty()) return frames_.push_back(fresh());
    const unsigned at = below(frames_.size());
    Frame& frame = frames_[at];
    const auto place = frames_.begin() + at;
    switch (below(9)) {
      case 0:
        frames_.insert(place, Frame(frame));
        return;
      case 1:
        frames_.erase(place);
        return;
      case 2:
        std::swap(frame, frames_[below(frames_.size())]);
        return;
      case 3:
        frames_.insert(place, fresh());
        return;
      case 4:
        if (frame.size() >= 9) frame[4] ^= static_cast<std::uint8_t>(1U << below(6));
        return;
      case 5:
        if (frame.size() >= 9) frame[8] = static_cast<std::uint8_t>(below(12));
        return;
      case 6:
        return cut_in_two(at);
      case 7:
        return mutate_head();
      default:
        return mutate_payload(frame);
    }
  }

  Frame fresh() {
    constexpr std::uint8_t kSizes[] = {0, 0, 5, 4, 6, 4, 8, 8, 4, 0, 3};
    const auto type = static_cast<std::uint8_t>(below(sizeof kSizes));
    Frame frame = {
        0, 0, kSizes[type], type, static_cast<std::uint8_t>(below(64)), 0, 0, 0, static_cast<std::uint8_t>(below(10))};
    for (unsigned i = 0; i < kSizes[type]; ++i)
      frame.push_back(static_cast<std::uint8_t>(below(3) == 0 ? below(256) : 0));
    return frame;
  }
  // A header block continues in a CONTINUATION, DATA in DATA.
  void cut_in_two(unsigned at) {
    const Frame whole = frames_[at];
    if (whole.size() < 11 || whole[3] > 1) return;
    const auto middle = whole.begin() + 10 + below(whole.size() - 10);
    Frame first(whole.begin(), middle);
    Frame second(whole.begin(), whole.begin() + 9);
    second.insert(second.end(), middle, whole.end());
    if (whole[3] == 1) second[3] = 9;
    first[4] &= static_cast<std::uint8_t>(~(whole[3] == 1 ? 4U : 1U));
    set_length(first);
    set_length(second);
    frames_[at] = second;
    frames_.insert(frames_.begin() + at, first);
  }
  void mutate_head() {
    if (head_.size() < 2) head_ = {4, 0, 255, 32, static_cast<std::uint8_t>(below(256))};
    head_[1 + below(head_.size() - 1)] = static_cast<std::uint8_t>(below(256));
  }
  void mutate_payload(Frame& frame) {
    if (frame.size() < 9) return;
    Frame payload(frame.begin() + 9, frame.end());
    const std::size_t most = payload.size() + 40;
    const std::size_t size = payload.size();
    payload.resize(most);
    payload.resize(LLVMFuzzerMutate(payload.data(), size, most));
    frame.resize(9);
    frame.insert(frame.end(), payload.begin(), payload.end());
    if (below(10) != 0) set_length(frame);
  }
  static unsigned length_of(const std::vector<std::uint8_t>& input, std::size_t at) {
    return unsigned{input[at]} << 16U | unsigned{input[at + 1]} << 8U | input[at + 2];
  }
  static void set_length(Frame& frame) {
    const std::size_t length = frame.size() - 9;
    frame[0] = static_cast<std::uint8_t>(length >> 16U);
    frame[1] = static_cast<std::uint8_t>(length >> 8U);
    frame[2] = static_cast<std::uint8_t>(length);
  }

  std::minstd_rand random_;
  std::vector<std::uint8_t> head_;
  std::vector<Frame> frames_;
};

// The implementation of a target's LLVMFuzzerCustomMutator.
inline std::size_t mutate_frames(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  if (seed % 4 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::vector<std::uint8_t> mutated = FrameMutator({data, size}, seed / 4).mutated();
  const std::size_t taken = std::min(max_size, mutated.size());
  std::copy_n(mutated.begin(), taken, data);
  return taken;
}

}  // namespace mote::fuzz

// The work that one connection may cause before the others get their turn: frames, header fields, and bytes of header fields
// in both directions.
// What is left of a turn's input waits for the next turn. Bytes of DATA are not counted: they are cheap, and the owner decides
// how many it reads.
#pragma once

#include <algorithm>
#include <cstdint>

namespace mote::http2 {

class TurnBudget {
 public:
  // Without limits.
  TurnBudget() = default;
  TurnBudget(std::uint32_t frames, std::uint32_t fields, std::uint32_t field_bytes)
      : frames_(frames), sends_(kSendsForFrame * frames), fields_(fields), field_bytes_(field_bytes) {}

  void spend_frame() {
    if (--frames_ == 0) spent_ = true;
  }
  // For a header block, without the fields that are cheap because they are known (known_head.h).
  void spend_block(std::uint32_t fields, std::uint32_t field_bytes) {
    fields_ -= std::min(fields_, fields);
    field_bytes_ -= std::min(field_bytes_, field_bytes);
    if (fields_ == 0 || field_bytes_ == 0) spent_ = true;
  }
  // A frame of DATA was sent. These have an allowance of their own, so that a reply is never a reason to stop reading.
  void spend_send() { sends_ -= std::min<std::uint32_t>(sends_, 1); }

  // spend_frame() may not follow.
  [[nodiscard]] bool spent() const { return spent_; }
  [[nodiscard]] bool frames_spent() const { return frames_ == 0; }
  [[nodiscard]] bool fields_spent() const { return fields_ == 0; }
  [[nodiscard]] bool bytes_spent() const { return field_bytes_ == 0; }
  [[nodiscard]] bool sends_spent() const { return sends_ == 0; }

 private:
  // Sending a frame takes about a quarter of the time of a received call.
  static constexpr std::uint32_t kSendsForFrame = 4;

  std::uint32_t frames_ = UINT32_MAX;
  std::uint32_t sends_ = UINT32_MAX;
  std::uint32_t fields_ = UINT32_MAX;
  std::uint32_t field_bytes_ = UINT32_MAX;
  bool spent_ = false;
};

}  // namespace mote::http2

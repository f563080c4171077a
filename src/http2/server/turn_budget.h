// The work that one connection may cause before the others get their turn: frames, header fields, and bytes of header fields
// and of compressed messages in both directions.
// What is left of a turn's input waits for the next turn. Bytes of DATA are not counted: they are cheap, and the owner decides
// how many it reads.
//
// The last header block may exceed what is left of the fields and bytes, by at most header_excess times the limits of a block
// and one field; and so may the metadata of the last reply. The last message that is compressed or decompressed is worked on as a
// whole.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace mote::http2 {

// What was done in a turn.
struct TurnWork {
  std::uint32_t frames = 0;
  std::uint32_t fields = 0;
  std::uint32_t field_bytes = 0;
  std::uint32_t gzip_bytes = 0;

  // Keeps the larger of both numbers of each kind.
  void take_most(const TurnWork& other) {
    frames = std::max(frames, other.frames);
    fields = std::max(fields, other.fields);
    field_bytes = std::max(field_bytes, other.field_bytes);
    gzip_bytes = std::max(gzip_bytes, other.gzip_bytes);
  }
};

class TurnBudget {
 public:
  // Without limits.
  TurnBudget() = default;
  // `field_bytes` bounds the bytes of fields, and those of compressed messages.
  TurnBudget(std::uint32_t frames, std::uint32_t fields, std::uint32_t field_bytes)
      : frames_(frames), sends_(kSendsForFrame * frames), fields_(fields), field_bytes_(field_bytes) {}

  void spend_frame() {
    if (++work_.frames == frames_) spent_ = true;
  }
  // For a header block, without the fields that are cheap because they are known (known_head.h).
  void spend_block(std::uint32_t fields, std::uint32_t field_bytes) {
    work_.fields += fields;
    work_.field_bytes += field_bytes;
    if (fields_spent() || bytes_spent()) spent_ = true;
  }
  // Bytes of messages before compression and after decompression. They are as much work as those of fields; when they are spent,
  // sending waits for the next turn too.
  void spend_gzip(std::size_t bytes) {
    work_.gzip_bytes += static_cast<std::uint32_t>(std::min<std::size_t>(bytes, UINT32_MAX - work_.gzip_bytes));
    if (!gzip_spent()) return;
    spent_ = true;
    sends_ = 0;
  }
  // A frame of DATA was sent. These have an allowance of their own, so that a reply is never a reason to stop reading.
  void spend_send() { sends_ -= std::min<std::uint32_t>(sends_, 1); }

  [[nodiscard]] const TurnWork& work() const { return work_; }
  // spend_frame() may not follow.
  [[nodiscard]] bool spent() const { return spent_; }
  [[nodiscard]] bool frames_spent() const { return work_.frames >= frames_; }
  [[nodiscard]] bool fields_spent() const { return work_.fields >= fields_; }
  [[nodiscard]] bool bytes_spent() const { return work_.field_bytes >= field_bytes_; }
  [[nodiscard]] bool gzip_spent() const { return work_.gzip_bytes >= field_bytes_; }
  [[nodiscard]] bool sends_spent() const { return sends_ == 0; }

 private:
  // Sending a frame takes about a quarter of the time of a received call.
  static constexpr std::uint32_t kSendsForFrame = 4;

  std::uint32_t frames_ = UINT32_MAX;
  std::uint32_t sends_ = UINT32_MAX;
  std::uint32_t fields_ = UINT32_MAX;
  std::uint32_t field_bytes_ = UINT32_MAX;
  TurnWork work_;
  bool spent_ = false;
};

}  // namespace mote::http2

#include "engine/lean/request_run.h"

#include <algorithm>
#include <functional>

namespace mote::lean {

bool RequestRun::write(Bytes bytes) {
  if (bytes.empty()) return true;
  if (next_ != nullptr && bytes.data() == next_->data && bytes.size() <= next_->size) {
    size_ += bytes.size();
    next_ = bytes.size() == next_->size ? next_->next : nullptr;
    return true;
  }
  next_ = nullptr;
  if (size_ != 0) return add(bytes, after_, after_size_);
  return add(bytes, before_, before_size_) || begin(bytes);
}

bool RequestRun::begin(Bytes bytes) {
  constexpr std::less_equal<const std::uint8_t*> kNotBehind;
  const std::uint8_t* const bytes_end = bytes.subspan(bytes.size()).data();
  for (const mote_piece* piece = request_; piece != nullptr; offset_ += piece->size, piece = piece->next) {
    const std::uint8_t* const end = Bytes(piece->data, piece->size).subspan(piece->size).data();
    if (!kNotBehind(piece->data, bytes.data()) || !kNotBehind(bytes_end, end)) continue;
    offset_ += static_cast<std::size_t>(bytes.data() - piece->data);
    size_ = bytes.size();
    next_ = bytes_end == end ? piece->next : nullptr;
    return true;
  }
  return false;
}

bool RequestRun::add(Bytes bytes, Few& few, std::size_t& size) {
  if (bytes.size() > few.size() - size) return false;
  std::copy(bytes.begin(), bytes.end(), few.begin() + static_cast<std::ptrdiff_t>(size));
  size += bytes.size();
  return true;
}

}  // namespace mote::lean

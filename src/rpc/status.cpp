#include "mote/rpc/status.h"

#include <algorithm>
#include <charconv>
#include <span>

namespace mote::rpc {

namespace {

constexpr std::size_t kLongestCharacter = 4;

// True for 10xxxxxx: a continuation byte of a UTF-8 character (RFC 3629 section 3).
bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80;
}

using Digits = std::array<char, 20>;

template <class Number>
std::string_view written(Number number, Digits& digits) {
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), static_cast<std::size_t>(end - digits.data())};
}

}  // namespace

Status malformed(const codec::DecodeResult& decoded) {
  Status status{StatusCode::Internal};
  status.message.view_ = decoded.reason;  // A constant text.
  return status;
}

std::string_view sent_message(std::string_view message) {
  if (message.size() <= kStatusMessageBytes) return message;
  std::size_t size = kStatusMessageBytes;
  while (size > kStatusMessageBytes - kLongestCharacter && continues(message[size]))
    --size;
  return message.substr(0, size);
}

void ComposedText::add_text(std::string_view text) {
  const std::string_view fitting = text.substr(0, chars_.size() - size_);
  std::copy(fitting.begin(), fitting.end(), chars_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += fitting.size();
}

void ComposedText::add_bytes(const mote_bytes& bytes) {
  const std::span<char> room = std::span(chars_).subspan(size_);
  size_ += mote_bytes_copy(&bytes, room.data(), room.size());
}

void ComposedText::add_number(std::int64_t number) {
  Digits digits;
  add_text(written(number, digits));
}

void ComposedText::add_number(std::uint64_t number) {
  Digits digits;
  add_text(written(number, digits));
}

}  // namespace mote::rpc

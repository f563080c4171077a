// Writes protobuf fields to a buffer that the caller owns. What does not fit is discarded and noted.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "mote-device/field_reader.h"
#include "mote/span.h"

namespace mote::tool {

class FieldWriter {
 public:
  explicit FieldWriter(MutableBytes buffer) : buffer_(buffer) {}

  void tag(std::uint32_t number, WireType type) {
    varint(std::uint64_t{number} << 3U | static_cast<std::uint64_t>(type));
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U)
      byte(static_cast<std::uint8_t>(value | 0x80U));
    byte(static_cast<std::uint8_t>(value));
  }
  // The `size` low bytes, the lowest first.
  void fixed(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
      byte(static_cast<std::uint8_t>(value >> 8 * i));
  }
  void byte(std::uint8_t value) {
    if (size_ < buffer_.size()) buffer_[size_] = value;
    ++size_;
  }
  void bytes(Bytes bytes) {
    for (const std::uint8_t value : bytes)
      byte(value);
  }
  // A string or bytes field.
  void text(std::uint32_t number, std::string_view value) {
    tag(number, WireType::Length);
    varint(value.size());
    bytes(as_bytes(value));
  }

  // The content that is written between begin_length() and end_length() gets its length in front. They may be nested.
  [[nodiscard]] std::size_t begin_length() const { return size_; }
  void end_length(std::size_t begin) {
    const std::size_t length = size_ - begin;
    std::size_t prefix = 1;
    while (length >> 7 * prefix != 0)
      ++prefix;
    size_ += prefix;
    if (overflowed()) return;
    std::memmove(&buffer_[begin + prefix], &buffer_[begin], length);
    FieldWriter front(buffer_.subspan(begin, prefix));
    front.varint(length);
  }

  [[nodiscard]] bool overflowed() const { return size_ > buffer_.size(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Not if overflowed().
  [[nodiscard]] Bytes written() const { return buffer_.first(size_); }

 private:
  MutableBytes buffer_;
  std::size_t size_ = 0;
};

}  // namespace mote::tool

#include "grpc_web/base64.h"

#include "bytes/base64_digits.h"

namespace mote::grpc_web {

namespace {

constexpr std::size_t kGroup = 4;

}  // namespace

bool Base64Decoder::decode(Bytes text, ByteWriter& out) {
  for (const std::uint8_t character : text) {
    const bool pad = character == '=' && taken_ >= 2;
    const int value = pad ? 0 : base64_value(static_cast<char>(character));
    if (value < 0 || (padding_ != 0 && !pad)) return false;
    if (pad) ++padding_;
    bits_ = bits_ << 6U | static_cast<std::uint32_t>(value);
    if (++taken_ < kGroup) continue;
    for (unsigned byte = 0; byte < 3U - padding_; ++byte)
      out.u8(static_cast<std::uint8_t>(bits_ >> (16 - 8 * byte)));
    *this = Base64Decoder();
  }
  return true;
}

// From the end, where the text grows over bytes that are encoded already.
void base64_encode(MutableBytes buffer, std::size_t size) {
  for (std::size_t group = base64_size(size) / kGroup; group-- > 0;) {
    const std::size_t from = 3 * group;
    const std::size_t there = size - from;
    std::uint32_t bits = std::uint32_t{buffer[from]} << 16U;
    if (there > 1) bits |= std::uint32_t{buffer[from + 1]} << 8U;
    if (there > 2) bits |= buffer[from + 2];
    for (std::size_t digit = 0; digit < kGroup; ++digit) {
      const bool pad = digit > there;
      buffer[kGroup * group + digit] =
          static_cast<std::uint8_t>(pad ? '=' : kBase64Digits[bits >> (18 - 6 * digit) & 0x3fU]);
    }
  }
}

}  // namespace mote::grpc_web

#include "mote-device/json_reader.h"

#include "bytes/hex_digit.h"

namespace mote::tool {
namespace {

using Put = void (*)(void* context, std::uint8_t byte);

void put_utf8(std::uint32_t point, Put put, void* context) {
  const auto last = [&](unsigned shift) { put(context, static_cast<std::uint8_t>(0x80U | (point >> shift & 0x3FU))); };
  if (point < 0x80) {
    put(context, static_cast<std::uint8_t>(point));
  } else if (point < 0x800) {
    put(context, static_cast<std::uint8_t>(0xC0U | point >> 6U));
    last(0);
  } else if (point < 0x10000) {
    put(context, static_cast<std::uint8_t>(0xE0U | point >> 12U));
    last(6);
    last(0);
  } else {
    put(context, static_cast<std::uint8_t>(0xF0U | point >> 18U));
    last(12);
    last(6);
    last(0);
  }
}

}  // namespace

void JsonReader::skip_space() {
  while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
    ++at_;
}

char JsonReader::peek() {
  skip_space();
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonReader::take(char mark) {
  if (peek() != mark) return false;
  ++at_;
  return true;
}

std::string_view JsonReader::take_word() {
  skip_space();
  const std::size_t begin = at_;
  const auto is_part = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' || letter == '+' ||
           letter == '.' || letter == 'E';
  };
  while (at_ < text_.size() && is_part(text_[at_]))
    ++at_;
  return text_.substr(begin, at_ - begin);
}

bool JsonReader::take_string(Put put, void* context) {
  if (!take('"')) return false;
  while (at_ < text_.size()) {
    const char letter = text_[at_++];
    if (letter == '"') return true;
    if (static_cast<std::uint8_t>(letter) < ' ') return false;
    if (letter != '\\') {
      put(context, static_cast<std::uint8_t>(letter));
    } else if (!take_escape(put, context)) {
      return false;
    }
  }
  return false;
}

bool JsonReader::take_escape(Put put, void* context) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
  if (at_ == text_.size()) return false;
  const char letter = text_[at_++];
  if (letter != 'u') {
    const std::size_t index = kLetters.find(letter);
    if (index == std::string_view::npos) return false;
    put(context, static_cast<std::uint8_t>(kValues[index]));
    return true;
  }
  std::uint32_t unit = 0;
  if (!take_hex(unit)) return false;
  constexpr std::uint32_t kHigh = 0xD800;
  constexpr std::uint32_t kLow = 0xDC00;
  if (unit >= kLow && unit < kLow + 0x400) return false;
  if (unit >= kHigh && unit < kLow) {
    std::uint32_t low = 0;
    if (text_.substr(at_, 2) != "\\u") return false;
    at_ += 2;
    if (!take_hex(low) || low < kLow || low >= kLow + 0x400) return false;
    unit = 0x10000 + ((unit - kHigh) << 10U) + (low - kLow);
  }
  put_utf8(unit, put, context);
  return true;
}

bool JsonReader::take_hex(std::uint32_t& unit) {
  if (text_.size() - at_ < 4) return false;
  for (const char letter : text_.substr(at_, 4)) {
    if (!is_hex_digit(letter)) return false;
    unit = unit << 4U | hex_value(letter);
  }
  at_ += 4;
  return true;
}

}  // namespace mote::tool

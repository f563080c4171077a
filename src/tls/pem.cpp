#include "tls/pem.h"

#include <cstdint>

#include "bytes/base64_digits.h"

namespace mote::tls {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

// Removes the text up to `mark` and the mark itself from the front of `text`, and returns what was before the mark. No mark: `text`
// is empty then.
std::string_view take_until(std::string_view& text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  const std::string_view before = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
  return before;
}

}  // namespace

PemBlock take_pem_block(std::string_view& text) {
  while (!text.empty()) {
    take_until(text, kBegin);
    const std::string_view label = take_until(text, kDashes);
    const std::string_view content = take_until(text, kEnd);
    if (!label.empty() && text.starts_with(label) && text.substr(label.size()).starts_with(kDashes))
      return {label, content};
  }
  return {};
}

std::size_t pem_decode(const PemBlock& block, MutableBytes to) {
  std::size_t digits = 0;
  std::size_t padding = 0;
  std::size_t size = 0;
  std::uint32_t bits = 0;
  for (const char c : block.content) {
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = base64_value(c);
    if (value < 0 || padding != 0) return 0;
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    // The first digit of a group completes no byte, each of the other three completes one.
    const std::size_t place = digits++ % 4;
    if (place == 0) continue;
    if (size == to.size()) return 0;
    to[size++] = static_cast<std::uint8_t>(bits >> (6 - 2 * place));
  }
  const bool complete = (digits + padding) % 4 == 0 && padding <= 2;
  return complete ? size : 0;
}

}  // namespace mote::tls

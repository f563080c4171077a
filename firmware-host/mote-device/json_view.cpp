#include "mote-device/json_view.h"

#include <algorithm>
#include <cstddef>

namespace mote::tool {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

void skip_spaces(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
}

// Bytes of the string at the start of `text`, with its quotes; 0 without its end.
std::size_t string_size(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return 0;
}

// Bytes of the array or object at the start of `text`; 0 without its end.
std::size_t container_size(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    if (letter == '"') {
      const std::size_t size = string_size(text.substr(at));
      if (size == 0) return 0;
      at += size - 1;
    }
    if (letter == '[' || letter == '{') ++depth;
    if ((letter == ']' || letter == '}') && --depth == 0) return at + 1;
  }
  return 0;
}

std::size_t value_size(std::string_view text) {
  if (text.starts_with('"')) return string_size(text);
  if (text.starts_with('[') || text.starts_with('{')) return container_size(text);
  return std::min(text.find_first_of(",]} \t\r\n"), text.size());
}

// The digits at the start of `text`, which are removed.
std::uint64_t take_digits(std::string_view& text) {
  std::uint64_t number = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1))
    number = number * 10 + static_cast<std::uint64_t>(text.front() - '0');
  return number;
}

}  // namespace

JsonView::JsonView(std::string_view text) {
  skip_spaces(text);
  text_ = text.substr(0, value_size(text));
}

JsonView JsonView::operator[](std::string_view key) const {
  for (JsonItems items(*this); items.next();) {
    if (items.key() == key) return items.value();
  }
  return {};
}

std::string_view JsonView::text() const {
  return text_.starts_with('"') ? text_.substr(1, text_.size() - 2) : text_;
}

std::uint64_t JsonView::number() const {
  std::string_view digits = text_;
  return take_digits(digits);
}

std::uint64_t JsonView::microseconds() const {
  constexpr std::uint64_t kSecond = 1'000'000;
  std::string_view digits = text_;
  std::uint64_t time = take_digits(digits) * kSecond;
  if (!digits.starts_with('.')) return time;
  digits.remove_prefix(1);
  for (std::uint64_t unit = kSecond / 10; unit != 0 && !digits.empty(); unit /= 10) {
    std::string_view digit = digits.substr(0, 1);
    time += unit * take_digits(digit);
    digits.remove_prefix(1);
  }
  return time;
}

JsonItems::JsonItems(JsonView container) : rest_(container.text_), object_(rest_.starts_with('{')) {
  if (object_ || rest_.starts_with('[')) {
    rest_.remove_prefix(1);
  } else {
    rest_ = {};
  }
}

bool JsonItems::next() {
  const auto take = [this](JsonView& value) {
    skip_spaces(rest_);
    value = JsonView(rest_);
    rest_.remove_prefix(value.text_.size());
    skip_spaces(rest_);
    return !value.empty();
  };
  if (object_) {
    if (!take(key_) || !rest_.starts_with(':')) return false;
    rest_.remove_prefix(1);
  }
  if (!take(value_)) return false;
  if (rest_.starts_with(',')) rest_.remove_prefix(1);
  return true;
}

}  // namespace mote::tool

#include "oddities.h"

#include <optional>
#include <vector>

namespace mote::codec {

namespace {

constexpr std::uint64_t kMaxUint32 = 0xffffffff;

struct Number {
  std::uint64_t value = 0;
  std::size_t length = 0;
  // Bits past the 64th were set: protobuf drops them, nanopb refuses them.
  bool overflows = false;
};

// Nothing when the bytes end first.
std::optional<Number> take_number(std::string_view& bytes) {
  Number number;
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    const std::size_t shift = 7 * number.length++;
    if (shift < 64) number.value |= std::uint64_t{byte & 0x7fU} << shift;
    if (shift == 63 && byte > 1) number.overflows = true;
    if (byte < 0x80) {
      bytes.remove_prefix(number.length);
      return number;
    }
  }
  return std::nullopt;
}

enum class Verdict { Fine, Odd, BothRefuse };

struct Part {
  std::string_view bytes;
  const Shape* shape;
};

Verdict judge_number(std::string_view& bytes, const Shape::Field* field) {
  const auto number = take_number(bytes);
  if (!number) return Verdict::BothRefuse;
  const bool read = field != nullptr && field->kind != Kind::Text;
  if (read && field->kind == Kind::Message) return Verdict::Odd;
  if (number->length > 10) return field == nullptr ? Verdict::Odd : Verdict::BothRefuse;
  if (!read) return Verdict::Fine;
  if (number->overflows || (field->kind != Kind::Uint64 && number->value > kMaxUint32)) return Verdict::Odd;
  return Verdict::Fine;
}

Verdict judge_text(std::string_view& bytes, const Shape::Field* field, std::vector<Part>& inner) {
  if (field != nullptr && field->kind != Kind::Text && field->kind != Kind::Message) return Verdict::Odd;
  const auto length = take_number(bytes);
  if (!length) return Verdict::BothRefuse;
  if (length->length > 5) return Verdict::Odd;
  if (length->value > bytes.size()) return Verdict::BothRefuse;
  if (field != nullptr && field->kind == Kind::Message) {
    inner.push_back({bytes.substr(0, length->value), field->message});
  }
  bytes.remove_prefix(length->value);
  return Verdict::Fine;
}

Verdict judge_fixed(std::string_view& bytes, std::size_t size, const Shape::Field* field) {
  if (field != nullptr && field->kind != Kind::Text) return Verdict::Odd;
  if (bytes.size() < size) return Verdict::BothRefuse;
  bytes.remove_prefix(size);
  return Verdict::Fine;
}

Verdict judge_field(std::string_view& bytes, const Shape& shape, std::vector<Part>& inner) {
  const auto tag = take_number(bytes);
  if (!tag) return Verdict::BothRefuse;
  if (tag->length > 5 || tag->value > kMaxUint32) return Verdict::Odd;
  if (tag->value >> 3 == 0) return Verdict::BothRefuse;
  const auto found = shape.fields.find(tag->value >> 3);
  const Shape::Field* field = found == shape.fields.end() ? nullptr : &found->second;
  switch (tag->value & 7) {
    case 0:
      return judge_number(bytes, field);
    case 1:
      return judge_fixed(bytes, 8, field);
    case 2:
      return judge_text(bytes, field, inner);
    case 3:
      return Verdict::Odd;
    case 5:
      return judge_fixed(bytes, 4, field);
    default:
      return Verdict::BothRefuse;
  }
}

// Messages inside are left to be judged after it.
Verdict judge_message(Part message, std::vector<Part>& inner) {
  while (!message.bytes.empty()) {
    const Verdict verdict = judge_field(message.bytes, *message.shape, inner);
    if (verdict != Verdict::Fine) return verdict;
  }
  return Verdict::Fine;
}

}  // namespace

bool has_oddity(std::string_view bytes, const Shape& shape) {
  std::vector<Part> parts{{bytes, &shape}};
  while (!parts.empty()) {
    const Part part = parts.back();
    parts.pop_back();
    const Verdict verdict = judge_message(part, parts);
    if (verdict != Verdict::Fine) return verdict == Verdict::Odd;
  }
  return false;
}

}  // namespace mote::codec

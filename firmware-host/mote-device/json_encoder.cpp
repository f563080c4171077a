#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include "mote-device/dynamic_message.h"

namespace mote::tool {
namespace {

// A token: a name or a number.
struct ShortText {
  std::array<char, 256> letters{};
  std::size_t size = 0;

  static void put(void* context, std::uint8_t byte) {
    ShortText& text = *static_cast<ShortText*>(context);
    if (text.size < text.letters.size() - 1) text.letters[text.size] = static_cast<char>(byte);
    ++text.size;
  }
  [[nodiscard]] bool fits() const { return size < letters.size(); }
  [[nodiscard]] std::string_view view() const { return {letters.data(), size}; }
};

void put_byte(void* context, std::uint8_t byte) {
  static_cast<FieldWriter*>(context)->byte(byte);
}

std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1U ^ static_cast<std::uint64_t>(value >> 63U);
}

std::optional<std::int64_t> integer(std::string_view text, std::int64_t least, std::int64_t most) {
  char* end = nullptr;
  errno = 0;
  const long long value = std::strtoll(text.data(), &end, 10);
  const bool whole = !text.empty() && end == text.data() + text.size() && text.front() != '+' && text.front() != ' ';
  if (!whole || errno != 0 || value < least || value > most) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> unsigned_integer(std::string_view text, std::uint64_t most) {
  char* end = nullptr;
  errno = 0;
  const unsigned long long value = std::strtoull(text.data(), &end, 10);
  const bool whole = !text.empty() && end == text.data() + text.size() && text.front() >= '0' && text.front() <= '9';
  if (!whole || errno != 0 || value > most) return std::nullopt;
  return value;
}

// The value of a letter of base64, in either alphabet.
std::optional<std::uint32_t> base64_value(std::uint8_t letter) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (letter == '-') letter = '+';
  if (letter == '_') letter = '/';
  const std::size_t index = kAlphabet.find(static_cast<char>(letter));
  if (index == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint32_t>(index);
}

struct Base64 {
  FieldWriter& out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  bool padded = false;
  bool wrong = false;

  static void put(void* context, std::uint8_t letter) { static_cast<Base64*>(context)->take(letter); }
  void take(std::uint8_t letter) {
    if (letter == '=') {
      padded = true;
      return;
    }
    const std::optional<std::uint32_t> value = base64_value(letter);
    wrong = wrong || padded || !value;
    if (wrong) return;
    bits = bits << 6U | *value;
    count += 6;
    if (count < 8) return;
    count -= 8;
    out.byte(static_cast<std::uint8_t>(bits >> count));
  }
};

constexpr std::int64_t kLeast32 = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t kMost32 = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kLeast64 = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost64 = std::numeric_limits<std::int64_t>::max();

}  // namespace

bool JsonEncoder::fail(std::string_view error, std::string_view subject) {
  if (error_.empty()) {
    error_ = error;
    subject_ = subject;
  }
  return false;
}

bool JsonEncoder::encode(Declaration type, FieldWriter& out) {
  if (!object(type, out, 0)) return false;
  if (json_.peek() != '\0') return fail("something follows the object");
  return !out.overflowed() || fail("the message is too large");
}

// NOLINTNEXTLINE(misc-no-recursion): kMostDepth
bool JsonEncoder::object(Declaration type, FieldWriter& out, unsigned depth) {
  if (depth == kMostDepth) return fail("objects are nested too deep");
  if (!json_.take('{')) return fail("an object is expected: {...}");
  if (json_.take('}')) return true;
  do {
    ShortText name;
    if (!json_.take_string(ShortText::put, &name)) return fail("the name of a field is expected, in quotes");
    FieldInfo found;
    bool known = false;
    for (Fields fields(type); name.fits() && !known && fields.take(found);)
      known = is_name_of(found, name.view());
    if (!known) {
      if (name.fits()) unknown_ = name.letters;
      return fail("the message has no such field", unknown_.data());
    }
    if (!json_.take(':')) return fail("':' is expected after the name of a field", found.name);
    if (!field(found, out, depth)) return false;
  } while (json_.take(','));
  return json_.take('}') || fail("',' or '}' is expected");
}

// NOLINTNEXTLINE(misc-no-recursion): kMostDepth
bool JsonEncoder::field(const FieldInfo& field, FieldWriter& out, unsigned depth) {
  if (json_.peek() == 'n') return json_.take_word() == "null" || fail("a value is expected", field.name);
  if (!field.repeated) return value(field, out, depth);
  if (field.type == FieldType::Message) {
    const std::optional<Declaration> entry = schema_.find(field.type_name);
    if (entry && is_map_entry(*entry)) return map(field, *entry, out, depth);
  }
  if (!json_.take('[')) return fail("a list is expected: [...]", field.name);
  if (json_.take(']')) return true;
  do {
    if (!value(field, out, depth)) return false;
  } while (json_.take(','));
  return json_.take(']') || fail("',' or ']' is expected", field.name);
}

// NOLINTNEXTLINE(misc-no-recursion): kMostDepth
bool JsonEncoder::map(const FieldInfo& field, Declaration entry, FieldWriter& out, unsigned depth) {
  FieldInfo key;
  FieldInfo content;
  Fields fields(entry);
  if (!fields.take(key) || !fields.take(content)) return fail("the map has no description", field.name);
  if (!json_.take('{')) return fail("an object is expected: {...}", field.name);
  if (json_.take('}')) return true;
  do {
    out.tag(static_cast<std::uint32_t>(field.number), WireType::Length);
    const std::size_t begin = out.begin_length();
    if (!value(key, out, depth) || !json_.take(':') || !value(content, out, depth))
      return fail("a key, ':' and a value are expected", field.name);
    out.end_length(begin);
  } while (json_.take(','));
  return json_.take('}') || fail("',' or '}' is expected", field.name);
}

// NOLINTNEXTLINE(misc-no-recursion): kMostDepth
bool JsonEncoder::value(const FieldInfo& field, FieldWriter& out, unsigned depth) {
  const auto tag = static_cast<std::uint32_t>(field.number);
  switch (field.type) {
    case FieldType::Message: {
      const std::optional<Declaration> type = schema_.find(field.type_name);
      if (!type) return fail("the server does not describe the type of the field", field.name);
      out.tag(tag, WireType::Length);
      const std::size_t begin = out.begin_length();
      if (!object(*type, out, depth + 1)) return false;
      out.end_length(begin);
      return true;
    }
    case FieldType::String: {
      out.tag(tag, WireType::Length);
      const std::size_t begin = out.begin_length();
      if (!json_.take_string(put_byte, &out)) return fail("a string is expected", field.name);
      out.end_length(begin);
      return true;
    }
    case FieldType::Bytes:
      return base64(field, out);
    case FieldType::Group:
      return fail("groups are not supported", field.name);
    default:
      break;
  }
  ShortText quoted;
  if (json_.peek() != '"') {
    const std::string_view word = json_.take_word();
    for (const char letter : word)
      ShortText::put(&quoted, static_cast<std::uint8_t>(letter));
  } else if (!json_.take_string(ShortText::put, &quoted)) {
    return fail("a value is expected", field.name);
  }
  if (!quoted.fits()) return fail("the value is too long", field.name);
  if (field.type == FieldType::Enum) return enumerator(field, quoted.view(), out);
  return number(field, quoted.view(), out);
}

bool JsonEncoder::enumerator(const FieldInfo& field, std::string_view name, FieldWriter& out) {
  const std::optional<Declaration> type = schema_.find(field.type_name);
  std::optional<std::int64_t> chosen = integer(name, kLeast32, kMost32);
  if (type && !chosen) {
    Fields values(*type);
    for (FieldInfo value; values.take(value);) {
      if (value.name == name) chosen = value.number;
    }
  }
  if (!chosen) return fail("the enum has no such value", field.name);
  out.tag(static_cast<std::uint32_t>(field.number), WireType::Varint);
  out.varint(static_cast<std::uint64_t>(*chosen));
  return true;
}

bool JsonEncoder::number(const FieldInfo& field, std::string_view text, FieldWriter& out) {
  const auto tag = static_cast<std::uint32_t>(field.number);
  std::optional<std::int64_t> number;
  std::optional<std::uint64_t> natural;
  switch (field.type) {
    case FieldType::Double:
    case FieldType::Float:
      return floating(field, text, out);
    case FieldType::Bool:
      if (text == "true" || text == "false") natural = text == "true" ? 1 : 0;
      break;
    case FieldType::Uint32:
    case FieldType::Fixed32:
      natural = unsigned_integer(text, std::numeric_limits<std::uint32_t>::max());
      break;
    case FieldType::Uint64:
    case FieldType::Fixed64:
      natural = unsigned_integer(text, std::numeric_limits<std::uint64_t>::max());
      break;
    case FieldType::Int64:
    case FieldType::Sfixed64:
    case FieldType::Sint64:
      number = integer(text, kLeast64, kMost64);
      break;
    default:
      number = integer(text, kLeast32, kMost32);
      break;
  }
  if (number) natural = static_cast<std::uint64_t>(*number);
  if (!natural) {
    return fail(
        field.type == FieldType::Bool ? "true or false is expected" : "a number in the range of the field is expected",
        field.name);
  }
  switch (field.type) {
    case FieldType::Fixed32:
    case FieldType::Sfixed32:
      out.tag(tag, WireType::Fixed32);
      out.fixed(*natural, 4);
      return true;
    case FieldType::Fixed64:
    case FieldType::Sfixed64:
      out.tag(tag, WireType::Fixed64);
      out.fixed(*natural, 8);
      return true;
    case FieldType::Sint32:
    case FieldType::Sint64:
      out.tag(tag, WireType::Varint);
      out.varint(zigzag(*number));
      return true;
    default:
      out.tag(tag, WireType::Varint);
      out.varint(*natural);
      return true;
  }
}

bool JsonEncoder::floating(const FieldInfo& field, std::string_view text, FieldWriter& out) {
  double value = 0;
  if (text == "NaN") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity" || text == "-Infinity") {
    value = text.front() == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  } else {
    char* end = nullptr;
    value = std::strtod(text.data(), &end);
    const bool is_number = !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
    if (!is_number || end != text.data() + text.size() || std::isinf(value))
      return fail("a number in the range of the field is expected", field.name);
  }
  const auto tag = static_cast<std::uint32_t>(field.number);
  if (field.type == FieldType::Double) {
    out.tag(tag, WireType::Fixed64);
    out.fixed(std::bit_cast<std::uint64_t>(value), 8);
  } else {
    out.tag(tag, WireType::Fixed32);
    out.fixed(std::bit_cast<std::uint32_t>(static_cast<float>(value)), 4);
  }
  return true;
}

bool JsonEncoder::base64(const FieldInfo& field, FieldWriter& out) {
  out.tag(static_cast<std::uint32_t>(field.number), WireType::Length);
  const std::size_t begin = out.begin_length();
  Base64 decoder{.out = out};
  // A single letter is too little for a byte.
  if (!json_.take_string(Base64::put, &decoder) || decoder.wrong || decoder.count >= 6)
    return fail("bytes are expected, as base64 in quotes", field.name);
  out.end_length(begin);
  return true;
}

}  // namespace mote::tool

#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "mote-device/dynamic_message.h"
#include "mote-device/escaped.h"
#include "mote-device/field_reader.h"

namespace mote::tool {
namespace {

// Deeper messages are shown as {}.
constexpr unsigned kMostDepth = 100;

std::int64_t from_zigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
}

WireType wire_type_of(FieldType type) {
  switch (type) {
    case FieldType::Double:
    case FieldType::Fixed64:
    case FieldType::Sfixed64:
      return WireType::Fixed64;
    case FieldType::Float:
    case FieldType::Fixed32:
    case FieldType::Sfixed32:
      return WireType::Fixed32;
    case FieldType::String:
    case FieldType::Bytes:
    case FieldType::Message:
    case FieldType::Group:
      return WireType::Length;
    default:
      return WireType::Varint;
  }
}

// Prints a number with as few digits as read back to the same value.
template <class Number>
void put_floating(Number value, std::FILE* out) {
  if (std::isnan(value)) {
    std::fputs("\"NaN\"", out);
  } else if (std::isinf(value)) {
    std::fputs(value < 0 ? "\"-Infinity\"" : "\"Infinity\"", out);
  } else {
    std::array<char, 32> text{};
    for (int digits = sizeof(Number) == sizeof(float) ? 6 : 15; digits <= 17; ++digits) {
      std::snprintf(text.data(), text.size(), "%.*g", digits, static_cast<double>(value));
      if (static_cast<Number>(std::strtod(text.data(), nullptr)) == value) break;
    }
    std::fputs(text.data(), out);
  }
}

void put_base64(Bytes bytes, std::FILE* out) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::fputc('"', out);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const std::uint32_t second = left > 1 ? bytes[i + 1] : 0U;
    const std::uint32_t third = left > 2 ? bytes[i + 2] : 0U;
    const std::uint32_t group = std::uint32_t{bytes[i]} << 16U | second << 8U | third;
    std::fputc(kAlphabet[group >> 18U], out);
    std::fputc(kAlphabet[group >> 12U & 0x3FU], out);
    std::fputc(left > 1 ? kAlphabet[group >> 6U & 0x3FU] : '=', out);
    std::fputc(left > 2 ? kAlphabet[group & 0x3FU] : '=', out);
  }
  std::fputc('"', out);
}

class Printer {
 public:
  Printer(const Schema& schema, std::FILE* out) : schema_(schema), out_(out) {}

  // NOLINTNEXTLINE(misc-no-recursion): kMostDepth
  void message(Declaration type, Bytes bytes, unsigned depth) {
    std::fputc('{', out_);
    bool first = true;
    Fields fields(type);
    for (FieldInfo field; depth < kMostDepth && fields.take(field);) {
      if (!occurs(field, bytes)) continue;
      begin(first, depth + 1);
      std::fputc('"', out_);
      each_json_letter(
          field, [](void* out, char letter) { std::fputc(letter, static_cast<std::FILE*>(out)); }, out_);
      std::fputs("\": ", out_);
      content(field, bytes, depth + 1);
    }
    end(first, depth, '}');
  }

 private:
  // A field of another wire type is ignored, as parsers do; a list of numbers may be packed.
  static bool is_of(const FieldInfo& field, const EncodedField& found) {
    if (static_cast<std::int32_t>(found.number) != field.number) return false;
    const WireType type = wire_type_of(field.type);
    return found.type == type || (field.repeated && found.type == WireType::Length);
  }

  static bool occurs(const FieldInfo& field, Bytes bytes) {
    FieldReader reader(bytes);
    for (EncodedField found; reader.take(found);) {
      if (is_of(field, found)) return true;
    }
    return false;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMostDepth
  void content(const FieldInfo& field, Bytes bytes, unsigned depth) {
    std::optional<Declaration> entry;
    if (field.repeated && field.type == FieldType::Message) entry = schema_.find(field.type_name);
    const bool is_map = entry && is_map_entry(*entry);
    if (field.repeated) std::fputc(is_map ? '{' : '[', out_);
    bool first = true;
    EncodedField last;
    FieldReader reader(bytes);
    for (EncodedField found; reader.take(found);) {
      if (!is_of(field, found)) continue;
      last = found;
      if (!field.repeated) continue;
      if (is_map) {
        begin(first, depth + 1);
        map_entry(*entry, found.bytes, depth + 1);
      } else if (found.type != wire_type_of(field.type)) {
        FieldReader packed(found.bytes);
        while (packed.take_packed(wire_type_of(field.type), found.value)) {
          begin(first, depth + 1);
          value(field, found, depth + 1);
        }
      } else {
        begin(first, depth + 1);
        value(field, found, depth + 1);
      }
    }
    if (field.repeated) return end(first, depth, is_map ? '}' : ']');
    value(field, last, depth);  // Of several, the last one counts.
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMostDepth
  void map_entry(Declaration entry, Bytes bytes, unsigned depth) {
    Fields fields(entry);
    for (FieldInfo field; fields.take(field);) {
      const bool is_key = field.number == 1;
      const bool quoted = is_key && field.type != FieldType::String && !is_wide(field.type);
      EncodedField found{.number = 0, .type = wire_type_of(field.type)};
      FieldReader reader(bytes);
      for (EncodedField each; reader.take(each);) {
        if (is_of(field, each)) found = each;
      }
      if (quoted) std::fputc('"', out_);
      value(field, found, depth);
      if (quoted) std::fputc('"', out_);
      if (is_key) std::fputs(": ", out_);
    }
  }

  // Numbers of 64 bits are strings in JSON.
  static bool is_wide(FieldType type) {
    return type == FieldType::Int64 || type == FieldType::Uint64 || type == FieldType::Fixed64 ||
           type == FieldType::Sfixed64 || type == FieldType::Sint64;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMostDepth
  void value(const FieldInfo& field, const EncodedField& found, unsigned depth) {
    const auto low = static_cast<std::uint32_t>(found.value);
    switch (field.type) {
      case FieldType::Double:
        return put_floating(std::bit_cast<double>(found.value), out_);
      case FieldType::Float:
        return put_floating(std::bit_cast<float>(low), out_);
      case FieldType::Int64:
      case FieldType::Sfixed64:
        return put_wide(static_cast<std::int64_t>(found.value));
      case FieldType::Sint64:
        return put_wide(from_zigzag(found.value));
      case FieldType::Uint64:
      case FieldType::Fixed64:
        std::fprintf(out_, "\"%llu\"", static_cast<unsigned long long>(found.value));
        return;
      case FieldType::Int32:
      case FieldType::Sfixed32:
        return put_narrow(static_cast<std::int32_t>(low));
      case FieldType::Sint32:
        return put_narrow(static_cast<std::int32_t>(from_zigzag(low)));
      case FieldType::Uint32:
      case FieldType::Fixed32:
        std::fprintf(out_, "%lu", static_cast<unsigned long>(low));
        return;
      case FieldType::Bool:
        std::fputs(found.value != 0 ? "true" : "false", out_);
        return;
      case FieldType::Enum:
        return enumerator(field, static_cast<std::int32_t>(low));
      case FieldType::String:
        return put_json_string(as_text(found.bytes), out_);
      case FieldType::Bytes:
        return put_base64(found.bytes, out_);
      case FieldType::Message:
      case FieldType::Group:
        break;
    }
    const std::optional<Declaration> type = schema_.find(field.type_name);
    message(type.value_or(Declaration{}), found.bytes, depth);
  }

  void put_wide(std::int64_t value) { std::fprintf(out_, "\"%lld\"", static_cast<long long>(value)); }
  void put_narrow(std::int32_t value) { std::fprintf(out_, "%ld", static_cast<long>(value)); }

  void enumerator(const FieldInfo& field, std::int32_t number) {
    if (const std::optional<Declaration> type = schema_.find(field.type_name)) {
      Fields values(*type);
      for (FieldInfo value; values.take(value);) {
        if (value.number == number) return put_json_string(value.name, out_);
      }
    }
    put_narrow(number);
  }

  void begin(bool& first, unsigned depth) {
    if (!first) std::fputc(',', out_);
    first = false;
    line(depth);
  }
  void end(bool empty, unsigned depth, char mark) {
    if (!empty) line(depth);
    std::fputc(mark, out_);
  }
  void line(unsigned depth) { std::fprintf(out_, "\n%*s", static_cast<int>(2 * depth), ""); }

  const Schema& schema_;
  std::FILE* out_;
};

}  // namespace

void put_message(const Schema& schema, Declaration type, Bytes message, std::FILE* out) {
  Printer(schema, out).message(type, message, 0);
  std::fputc('\n', out);
}

}  // namespace mote::tool

#include "mote-device/escaped.h"

#include <cstdint>

#include "bytes/utf8.h"

namespace mote::tool {
namespace {

constexpr std::uint8_t kDelete = 0x7f;

// Calls a function for each ASCII byte. Other bytes are written unchanged, except C1 control characters (0x80 to 0x9f, two
// bytes in UTF-8), which terminals also interpret.
template <class PutAscii>
void put_each(std::string_view text, std::FILE* out, const PutAscii& put_ascii) {
  const bool utf8 = is_utf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if (byte <= kDelete) {
      put_ascii(byte);
    } else if (!utf8) {
      std::fputc('?', out);
    } else if (byte == 0xc2 && static_cast<std::uint8_t>(text[i + 1]) < 0xa0) {
      std::fputc('?', out);
      ++i;
    } else {
      std::fputc(byte, out);
    }
  }
}

bool is_control(std::uint8_t byte) {
  return byte < ' ' || byte == kDelete;
}

}  // namespace

bool is_utf8(std::string_view text) {
  codec::Utf8Validator validator;
  return validator.feed(as_bytes(text)) && validator.complete();
}

void put_line_text(std::string_view text, std::FILE* out) {
  put_each(text, out, [out](std::uint8_t byte) { std::fputc(is_control(byte) ? '?' : byte, out); });
}

void put_xml_text(std::string_view text, std::FILE* out) {
  put_each(text, out, [out](std::uint8_t byte) {
    switch (byte) {
      case '<':
        std::fputs("&lt;", out);
        break;
      case '>':
        std::fputs("&gt;", out);
        break;
      case '&':
        std::fputs("&amp;", out);
        break;
      case '"':
        std::fputs("&quot;", out);
        break;
      default:
        std::fputc(is_control(byte) ? '?' : byte, out);
    }
  });
}

void put_json_string(std::string_view text, std::FILE* out) {
  std::fputc('"', out);
  put_each(text, out, [out](std::uint8_t byte) {
    if (is_control(byte)) {
      std::fprintf(out, "\\u%04x", static_cast<unsigned>(byte));
      return;
    }
    if (byte == '"' || byte == '\\') std::fputc('\\', out);
    std::fputc(byte, out);
  });
  std::fputc('"', out);
}

}  // namespace mote::tool

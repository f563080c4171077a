// Reads JSON (RFC 8259) token by token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mote::tool {

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  // Takes a punctuation mark after whitespace. False: something else follows.
  bool take(char mark);
  // The letter that follows after whitespace; NUL at the end.
  [[nodiscard]] char peek();
  // A number, true, false or null, as it is written. Empty: something else follows.
  std::string_view take_word();
  // A string. Gives each byte of its value to `put`, in UTF-8. False: it is not a string, or malformed.
  bool take_string(void (*put)(void* context, std::uint8_t byte), void* context);
  // The place of the next letter, for errors.
  [[nodiscard]] std::size_t position() const { return at_; }

 private:
  void skip_space();
  bool take_escape(void (*put)(void* context, std::uint8_t byte), void* context);
  bool take_hex(std::uint32_t& unit);

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace mote::tool

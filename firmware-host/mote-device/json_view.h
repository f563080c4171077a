// Finds values in JSON (RFC 8259) without a copy. Malformed JSON has fewer values.
#pragma once

#include <cstdint>
#include <string_view>

namespace mote::tool {

class JsonView {
 public:
  JsonView() = default;
  // The first value of `text`.
  explicit JsonView(std::string_view text);

  [[nodiscard]] bool empty() const { return text_.empty(); }
  // The member of an object; empty: there is none.
  [[nodiscard]] JsonView operator[](std::string_view key) const;
  // A string without its quotes, with its escapes as they are; a word as it is.
  [[nodiscard]] std::string_view text() const;
  // A number that is not negative, without its fraction; 0: it is none.
  [[nodiscard]] std::uint64_t number() const;
  // A number of seconds in microseconds.
  [[nodiscard]] std::uint64_t microseconds() const;

  // Goes through the elements of an array, or the members of an object with their keys:
  //   for (JsonItems items(list); items.next();) use(items.value());
  friend class JsonItems;

 private:
  std::string_view text_;
};

class JsonItems {
 public:
  explicit JsonItems(JsonView container);

  bool next();
  [[nodiscard]] std::string_view key() const { return key_.text(); }
  [[nodiscard]] JsonView value() const { return value_; }

 private:
  std::string_view rest_;
  bool object_ = false;
  JsonView key_;
  JsonView value_;
};

}  // namespace mote::tool

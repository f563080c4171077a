// Text and numbers in the documents of the monitor.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "bytes/byte_writer.h"
#include "engine/lean/timer_heap.h"

namespace mote::lean {

inline std::uint64_t microseconds(Time time) {
  return static_cast<std::uint64_t>(time.count());
}

// A text or a number that print() writes.
class Shown {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a list of values stands in a call of print()
  Shown(std::string_view text) : text_(text.empty() ? "" : text.data()), number_(text.size()) {}
  Shown(const char* text) : Shown(std::string_view(text)) {}
  Shown(std::uint64_t number) : number_(number) {}
  Shown(Time time) : number_(microseconds(time)) {}
  // NOLINTEND(google-explicit-constructor)

 private:
  friend void print(ByteWriter& out, std::string_view format, std::initializer_list<Shown> values);

  const char* text_ = nullptr;  // nullptr: a number.
  std::uint64_t number_;        // Of a text, its size.
};

// Writes `format` with the next value in place of each '$' and '%'. '%' is a number of microseconds that is shown in seconds:
// 12.000345. Call it with an array or list that has as many values.
void print(ByteWriter& out, std::string_view format, std::initializer_list<Shown> values = {});

void add_text(ByteWriter& out, std::string_view text);
void add_number(ByteWriter& out, std::uint64_t number);

}  // namespace mote::lean

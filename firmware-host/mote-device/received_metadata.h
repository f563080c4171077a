// The custom metadata of one answer, stored until it is printed.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace mote::tool {

class ReceivedMetadata {
 public:
  static constexpr std::size_t kMostFields = 32;
  static constexpr std::size_t kMostBytes = 4096;

  struct Field {
    std::string_view name;
    std::string_view value;
    bool trailing = false;  // trailing metadata, not initial
  };

  void clear();
  // Copies a field. A field that does not fit is counted in left_out().
  void add(std::string_view name, std::string_view value, bool trailing);

  // Valid until clear().
  [[nodiscard]] std::span<const Field> fields() const { return std::span(fields_).first(field_count_); }
  [[nodiscard]] std::size_t left_out() const { return left_out_; }

 private:
  std::string_view keep(std::string_view text);

  std::array<Field, kMostFields> fields_{};
  std::array<char, kMostBytes> bytes_{};
  std::size_t field_count_ = 0;
  std::size_t byte_count_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace mote::tool

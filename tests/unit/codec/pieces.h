// A message in parts: its bytes copied into blocks of their exact size, so that AddressSanitizer sees a read past one.
#pragma once

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "mote/bytes.h"

namespace mote::codec {

class Pieces {
 public:
  // Cut at each of `cuts`, which rise; a cut that repeats makes an empty piece.
  Pieces(std::string_view bytes, const std::vector<std::size_t>& cuts) : size_(bytes.size()) {
    std::size_t from = 0;
    for (const std::size_t cut : cuts) {
      add(bytes.substr(from, cut - from));
      from = cut;
    }
    add(bytes.substr(from));
    for (std::size_t i = 1; i < list_.size(); ++i)
      list_[i - 1].next = &list_[i];
  }
  explicit Pieces(std::string_view bytes) : Pieces(bytes, {}) {}

  // Parts of `part` bytes.
  static Pieces of_size(std::string_view bytes, std::size_t part) {
    std::vector<std::size_t> cuts;
    for (std::size_t at = part; at < bytes.size(); at += part)
      cuts.push_back(at);
    return {bytes, cuts};
  }

  [[nodiscard]] const mote_piece* list() const { return list_.data(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void add(std::string_view part) {
    auto& block = blocks_.emplace_back(std::make_unique<std::uint8_t[]>(part.size()));
    std::copy(part.begin(), part.end(), block.get());
    list_.push_back({nullptr, block.get(), part.size()});
  }

  std::size_t size_;
  std::vector<std::unique_ptr<std::uint8_t[]>> blocks_;
  std::vector<mote_piece> list_;
};

}  // namespace mote::codec

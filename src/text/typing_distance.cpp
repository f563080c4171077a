#include "text/typing_distance.h"

#include <algorithm>
#include <array>

namespace mote::text {
namespace {

constexpr std::size_t kLongest = 64;
constexpr std::size_t kMissing = 1;
constexpr std::size_t kTooMuch = 2;
constexpr std::size_t kAnother = 3;

char folded(char letter) {
  if (letter >= 'A' && letter <= 'Z') return static_cast<char>(letter - 'A' + 'a');
  return letter == '_' ? '-' : letter;
}

}  // namespace

std::size_t typing_distance(std::string_view typed, std::string_view key) {
  typed = typed.substr(0, kLongest);
  key = key.substr(0, kLongest);
  // One row of Levenshtein's table: the distances of a prefix of `typed` from all prefixes of `key`.
  std::array<std::size_t, kLongest + 1> row{};
  for (std::size_t j = 0; j <= key.size(); ++j)
    row[j] = j * kMissing;
  for (const char letter : typed) {
    std::size_t diagonal = row[0];
    row[0] += kTooMuch;
    for (std::size_t j = 1; j <= key.size(); ++j) {
      const std::size_t replaced = diagonal + (folded(letter) == folded(key[j - 1]) ? 0 : kAnother);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + kTooMuch, row[j - 1] + kMissing});
    }
  }
  return row[key.size()];
}

}  // namespace mote::text

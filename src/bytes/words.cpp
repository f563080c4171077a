#include "bytes/words.h"

#include <algorithm>

namespace mote {

std::string_view take_word(std::string_view& words) {
  const std::size_t size = std::min(words.find(' '), words.size());
  const std::string_view word = words.substr(0, size);
  words.remove_prefix(std::min(size + 1, words.size()));
  return word;
}

bool has_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    if (take_word(words) == word) return true;
  }
  return false;
}

}  // namespace mote

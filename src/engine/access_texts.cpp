#include "engine/access_texts.h"

#include <algorithm>

namespace mote::engine {

std::size_t AccessSizes::total() const {
  std::size_t total = 0;
  for (const std::uint32_t size : sizes)
    total += std::size_t{size} + 1;
  return total;
}

AccessSizes sizes_of(const AccessTexts& texts) {
  AccessSizes sizes;
  for (std::size_t i = 0; i < kAccessParts; ++i)
    sizes.sizes[i] = static_cast<std::uint32_t>(texts.parts[i].size());
  return sizes;
}

void pack(const AccessTexts& texts, MutableBytes to) {
  for (const std::string_view text : texts.parts) {
    std::copy(text.begin(), text.end(), to.begin());
    to[text.size()] = 0;
    to = to.subspan(text.size() + 1);
  }
}

AccessTexts unpack(const AccessSizes& sizes, Bytes from) {
  AccessTexts texts;
  for (std::size_t i = 0; i < kAccessParts; ++i) {
    texts.parts[i] = as_text(from.first(sizes.sizes[i]));
    from = from.subspan(std::size_t{sizes.sizes[i]} + 1);
  }
  return texts;
}

std::string_view take_line(std::string_view& lines) {
  const std::size_t end = std::min(lines.find('\n'), lines.size());
  const std::string_view line = lines.substr(0, end);
  lines.remove_prefix(std::min(end + 1, lines.size()));
  return line;
}

}  // namespace mote::engine

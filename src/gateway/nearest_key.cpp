#include "gateway/nearest_key.h"

#include <algorithm>

#include "gateway/settings.h"
#include "text/typing_distance.h"

namespace mote::gateway {

std::string_view nearest_key(std::string_view typed) {
  const auto nearer = [typed](const Setting& a, const Setting& b) {
    return text::typing_distance(typed, a.key) < text::typing_distance(typed, b.key);
  };
  return std::min_element(settings().begin(), settings().end(), nearer)->key;
}

}  // namespace mote::gateway

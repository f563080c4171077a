// Which setting somebody probably meant.
#pragma once

#include <string_view>

namespace mote::gateway {

// The key of the settings that lies nearest to what was typed (text/typing_distance.h), the first of several.
std::string_view nearest_key(std::string_view typed);

}  // namespace mote::gateway

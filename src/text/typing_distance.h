// Finds the name that a misspelt name probably means.
#pragma once

#include <cstddef>
#include <string_view>

namespace mote::text {

// The distance of a typed name from a key: 1 for each missing letter, 2 for each extra letter, 3 for each wrong letter. Missing
// letters count least, because a shortened key is the most common mistake. Upper and lower case are equal, and so are '_' and
// '-'. Only the first 64 characters count.
std::size_t typing_distance(std::string_view typed, std::string_view key);

}  // namespace mote::text

// Which name somebody probably meant.
#pragma once

#include <cstddef>
#include <string_view>

namespace mote::text {

// How far what was typed lies from a key: 1 for each letter that is missing, 2 for each that is too much, 3 for each that
// is another one; a key cut short is the likeliest mistake. Upper and lower case count as the same, and so do '_' and
// '-'. Only the first 64 characters count.
std::size_t typing_distance(std::string_view typed, std::string_view key);

}  // namespace mote::text

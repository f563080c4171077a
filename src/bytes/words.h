// Words of ASCII in one text, separated by blanks: a list of names without a pointer and a relocation for each.
#pragma once

#include <string_view>

namespace mote {

// Removes the first word and its blank from `words`; an empty text if there is none.
std::string_view take_word(std::string_view& words);

// Whether `word` is one of the words.
bool has_word(std::string_view words, std::string_view word);

}  // namespace mote

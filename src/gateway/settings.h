// Everything that can be set, limits and the rest, in the order of the manual. Flags, the configuration file, the
// environment and --print-config all go through this list.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config.h"

namespace mote::gateway {

struct Setting {
  std::string_view key;           // flag --KEY; variable MOTE_KEY in upper case with '_' for '-'
  std::string_view group;         // title of the section that it belongs to
  std::string_view placeholder;   // what --help calls its value: COUNT, BYTES, ADDRESS
  std::string_view meaning;       // sentences
  std::string allowed;            // unit and range, a sentence without its full stop
  const engine::LimitRow* limit;  // null where it is not a limit
  bool list;                      // may be given several times
  // Takes a value into the configuration, adding to a list. Returns what is wrong with it, empty when nothing is.
  std::string (*set)(const Setting&, Config&, std::string_view value);
  // The value, spelled as set() takes it; several for a list.
  std::vector<std::string> (*get)(const Setting&, const Config&);
};

std::span<const Setting> settings();

// The setting of a key, or null.
const Setting* find_setting(std::string_view key);

// "MOTE_MAX_STREAMS" for "max-streams".
std::string variable_name(std::string_view key);

}  // namespace mote::gateway

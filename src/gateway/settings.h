// All settings, limits and others, in the order of the manual. Flags, the configuration file, the environment and
// --print-config use this list.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config.h"
#include "text/measure.h"

namespace mote::gateway {

struct Setting {
  std::string_view key;           // flag --KEY; variable PREFIX_KEY in upper case with '_' for '-'
  std::string_view group;         // title of the section that it belongs to
  std::string_view placeholder;   // the name of its value in --help: COUNT, BYTES, ADDRESS
  std::string_view meaning;       // sentences
  std::string allowed;            // unit and range, a sentence without its full stop
  const engine::LimitRow* limit;  // null if it is not a limit
  bool list;                      // may be given several times
  // Sets the value; adds it if the setting is a list. Returns an error, or an empty text.
  std::string (*set)(const Setting&, Config&, std::string_view value);
  // The value in the form that set() accepts; several for a list.
  std::vector<std::string> (*get)(const Setting&, const Config&);
  std::size_t service_key = 0;  // where it is the key of a service: its place in Config::service_values
  // Empties a list; null if the setting is none.
  void (*clear)(const Setting&, Config&) = nullptr;
  // What it stores, if text_settings.h made it.
  std::string Config::*path = nullptr;
  std::vector<std::string> Config::*entries = nullptr;
  std::string (*fault)(std::string_view entry) = nullptr;
  // What it switches, if it is on or off: one of both.
  bool Config::*flag = nullptr;
  bool engine::Limits::*limits_flag = nullptr;
};

// Valid until add_setting() or free_settings().
std::span<const Setting> settings();

// Appends a setting to settings(). Before the first configuration is read.
void add_setting(Setting setting);

// Returns the memory of the list, about 20 KB, which serving does not need. settings() makes the list again; a reload does so in its
// own process.
void free_settings();

// The setting of a key, or null.
const Setting* find_setting(std::string_view key);

// The key that is closest to `typed` (text/typing_distance.h); the first of several.
std::string_view nearest_setting(std::string_view typed);

// "MOTE_MAX_STREAMS" for "max-streams", with the prefix of the product.
std::string variable_name(std::string_view key);

// The error of a value: the value, quoted, and what is wrong with it.
std::string wrong(std::string_view value, std::string_view error, std::string_view detail = {});

// The shortest exact form of a value that text::parse_quantity() reads: "64KiB", "10000".
std::string to_text(std::uint64_t value, text::Unit unit);

// "count", "bytes", "milliseconds", "seconds" or "per second".
std::string_view unit_name(text::Unit unit);

}  // namespace mote::gateway

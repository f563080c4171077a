// The configuration keys of a service. They stand in the configuration file, on the command line and in the environment like
// those of the server, and in --help, --print-config and --check-config.
//
//   void settings(mote::Settings& settings) {
//     settings.number("max-devices", max_devices_, 1, 1000, "How many devices are kept.");
//     settings.text("site", site_, "The name of the plant.");
//   }
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mote::rpc {

// Collects the keys, before the command line is read. A variable is the default of its key and must outlive the program; it
// has its configured value before on_start(). Texts must be constants. `meaning` is one or more sentences.
class Settings {
 public:
  // A whole number from `min` to `max`.
  virtual void number(std::string_view key, std::uint32_t& value, std::uint32_t min, std::uint32_t max,
                      std::string_view meaning) = 0;
  // Any text in one line.
  virtual void text(std::string_view key, std::string& value, std::string_view meaning) = 0;
  // on or off.
  virtual void flag(std::string_view key, bool& value, std::string_view meaning) = 0;

 protected:
  Settings() = default;
  // Owned by the program.
  Settings(const Settings&) = default;
  // Owned by the program.
  Settings& operator=(const Settings&) = default;
  ~Settings() = default;
};

}  // namespace mote::rpc

namespace mote {
using rpc::Settings;
}  // namespace mote

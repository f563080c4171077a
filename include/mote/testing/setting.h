// A value of a configuration key, for a server in a test.
#pragma once

#include <string_view>

namespace mote::testing {

// As in the configuration file: {"max-devices", "3"}, {"max-message-bytes", "64 KiB"}.
struct Setting {
  // Of a service (mote/rpc/settings.h) or of a limit (docs/limits.md).
  std::string_view key;
  // Its value.
  std::string_view value;
};

}  // namespace mote::testing

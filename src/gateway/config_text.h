// Texts generated from the settings: the commented configuration file and the help.
#pragma once

#include <string>
#include <string_view>

#include "gateway/config.h"

namespace mote::gateway {

// The whole file: every key with its meaning, default, range, cost and what a client receives. Values that are the
// default are commented out. Read again, it gives `configured`, the configuration before automatic sizes are resolved.
std::string config_text(const Config& configured, const engine::EngineSizes& sizes);

// `program` is the program's name, `services` the lines that list what it serves.
std::string help_text(std::string_view program, std::string_view services);

}  // namespace mote::gateway

// The texts that are made from the settings: the configuration file that is its own manual, and the help.
#pragma once

#include <string>
#include <string_view>

#include "gateway/config.h"

namespace mote::gateway {

// The whole file: every key with its meaning, default, range, cost and what a client is told. Values that are the
// default are commented out. Read again, it gives `configured`, the configuration before automatic sizes are resolved.
std::string config_text(const Config& configured, const engine::EngineSizes& sizes);

// `program`: the name to call it by.
std::string help_text(std::string_view program);

}  // namespace mote::gateway

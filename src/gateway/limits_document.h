// Generates docs/limits.md from the table of limits.
#pragma once

#include <string>

#include "engine/limits.h"

namespace mote::gateway {

// The whole page. The costs of the defaults are those of an engine with these sizes.
std::string limits_document(const engine::EngineSizes& sizes);

}  // namespace mote::gateway

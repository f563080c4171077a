// docs/limits.md, made from the table of limits.
#pragma once

#include <string>

#include "engine/limits.h"

namespace mote::gateway {

// The whole page. What the defaults cost is worked out for an engine of these sizes.
std::string limits_document(const engine::EngineSizes& sizes);

}  // namespace mote::gateway

// docs/limits.md, made from the table of limits.
#pragma once

#include <string>

#include "engine/limits.h"

namespace mote::gateway {

// The whole page. With the sizes of an engine it also says what the defaults cost there; null leaves that part out.
std::string limits_document(const engine::EngineSizes* sizes);

}  // namespace mote::gateway

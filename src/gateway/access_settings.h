// The settings of authorization: who may call which method.
#pragma once

#include <vector>

#include "gateway/settings.h"

namespace mote::gateway {

std::vector<Setting> access_settings();

}  // namespace mote::gateway

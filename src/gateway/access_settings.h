// The settings of authorization: who may call which method.
#pragma once

#include <vector>

#include "gateway/settings.h"

namespace mote::gateway {

void add_access_settings(std::vector<Setting>& all);

}  // namespace mote::gateway

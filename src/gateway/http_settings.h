// The settings of metrics and the status page.
#pragma once

#include <vector>

#include "gateway/settings.h"

namespace mote::gateway {

void add_http_settings(std::vector<Setting>& all);

}  // namespace mote::gateway

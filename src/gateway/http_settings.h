// The settings of metrics and the status page.
#pragma once

#include <vector>

#include "gateway/settings.h"

namespace mote::gateway {

std::vector<Setting> http_settings();

}  // namespace mote::gateway

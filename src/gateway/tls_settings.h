// The settings of TLS.
#pragma once

#include <vector>

#include "gateway/settings.h"

namespace mote::gateway {

void add_tls_settings(std::vector<Setting>& all);

}  // namespace mote::gateway

// The settings of TLS.
#pragma once

#include <vector>

#include "gateway/settings.h"

namespace mote::gateway {

std::vector<Setting> tls_settings();

}  // namespace mote::gateway

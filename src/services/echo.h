// echo.Echo (proto/echo.proto). Request metadata whose key starts with "x-echo-" comes back, as initial metadata and as
// trailers.
#pragma once

#include "mote/rpc/service_table.h"

namespace mote::services {

const rpc::Service& echo();

}  // namespace mote::services

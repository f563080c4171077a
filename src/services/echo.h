// echo.Echo (proto/echo.proto). Request metadata whose name starts with "x-echo-" is returned in the response, as initial
// and as trailing metadata.
#pragma once

#include "mote/rpc/service_table.h"

namespace mote::services {

rpc::Service echo();

}  // namespace mote::services

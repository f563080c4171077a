// echo.Echo (proto/echo.proto). Request metadata whose name starts with "x-echo-" is returned in the response, as initial
// and as trailing metadata. A request with `x-caller` (any value) gets what the gateway knows about its caller (rpc::Peer) as initial
// metadata: x-caller-address, -encrypted (yes or no), -certificate, -psk, -token and -uid.
#pragma once

#include "mote/rpc/service_table.h"

namespace mote::services {

rpc::Service echo();

}  // namespace mote::services

// grpc.health.v1.Health (proto/health.proto): SERVING for the server as a whole ("") and for each of its services, until
// the server shuts down. Watch then says NOT_SERVING and ends with UNAVAILABLE.
#pragma once

#include "mote/rpc/service_table.h"

namespace mote::services {

const rpc::Service& health();

}  // namespace mote::services

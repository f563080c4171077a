// grpc.health.v1.Health (proto/grpc/health/v1/health.proto). The status of the server ("") and of each service is SERVING until the server
// shuts down. Watch then sends NOT_SERVING and ends with UNAVAILABLE.
#pragma once

#include "mote/rpc/service_table.h"

namespace mote::services {

rpc::Service health();

}  // namespace mote::services

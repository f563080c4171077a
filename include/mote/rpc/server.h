// What every call may know of the server that it runs in.
#pragma once

#include "mote/rpc/service_table.h"

namespace mote::rpc {

struct Server {
  ServiceTable services;
  bool shutting_down = false;  // Calls under way are finished, new ones go elsewhere.
};

}  // namespace mote::rpc

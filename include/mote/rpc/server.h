// The state of the server that every call can read.
#pragma once

#include "mote/rpc/service_table.h"

namespace mote::rpc {

// The server of a call.
struct Server {
  ServiceTable services;       // What it serves.
  bool shutting_down = false;  // The server finishes open calls and accepts no new ones.
};

}  // namespace mote::rpc

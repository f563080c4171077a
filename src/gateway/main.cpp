// mote-gateway, and mote-gateway-grpc on the official gRPC library: the Echo service.

#include <array>

#include "mote/serve.h"
#include "services/echo.h"

#ifndef MOTE_GATEWAY_NAME
#define MOTE_GATEWAY_NAME "mote-gateway"
#endif

int main(int argc, char** argv) {
  const std::array services = {mote::services::echo()};
  return mote::serve({MOTE_GATEWAY_NAME, MOTE_VERSION}, argc, argv, services);
}

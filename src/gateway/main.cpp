// mote-gateway, and mote-gateway-grpc on the official gRPC library: the Echo service.

#include <array>

#include "mote/serve.h"
#include "product.h"
#include "services/echo.h"

#ifndef MOTE_PROGRAM
#define MOTE_PROGRAM kProduct.name
#endif

int main(int argc, char** argv) {
  const std::array services = {mote::services::echo()};
  mote::Product product = kProduct;
  product.name = MOTE_PROGRAM;
  return mote::serve(product, argc, argv, services);
}

// starter-gateway: a server with starter.v1.Starter and grpc.health.v1.Health.
#include "mote/serve.h"
#include "product.h"
#include "starter.h"

int main(int argc, char** argv) {
  static starter::Starter service;
  return mote::serve(kProduct, argc, argv, service);
}

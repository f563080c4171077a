// Starts a server with the services of a program.
//
//   #include "mote/serve.h"
//
//   int main(int argc, char** argv) {
//     Plant plant;
//     Telemetry telemetry(plant);
//     return mote::serve({"plant-gateway", PLANT_VERSION}, argc, argv, telemetry);
//   }
//
// The library that the program links chooses the engine: mote_server the lean one, mote_server_grpc the official gRPC library.
#pragma once

#include <array>
#include <span>

#include "mote/product.h"
#include "mote/rpc/service_table.h"

namespace mote {

// Serves `services`, grpc.health.v1.Health and server reflection until SIGTERM or SIGINT. Reads the configuration from the command line, the
// environment and a file (--help lists the keys), with the keys of the services. Returns the exit code of the program: 0, or 2
// if it cannot start; the reason is then on stderr. A program can serve once.
int serve(const Product& product, int argc, char** argv, std::span<const rpc::Service> services);

// An object of a generated service class.
template <class Object>
concept ServiceObject = requires(Object& object) {
  object.rpc_service();
};

// The same for objects of generated service classes, which must outlive it.
template <ServiceObject... Objects>
requires(sizeof...(Objects) > 0) int serve(const Product& product, int argc, char** argv, Objects&... objects) {
  const std::array<rpc::Service, sizeof...(Objects)> services = {objects.rpc_service()...};
  return serve(product, argc, argv, std::span<const rpc::Service>(services));
}

}  // namespace mote

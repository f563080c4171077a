// plant-gateway: a server with plant.v1.Telemetry and grpc.health.v1.Health.
#include "mote/serve.h"
#include "telemetry.h"

int main(int argc, char** argv) {
  static plant::Plant plant;
  static plant::Telemetry telemetry(plant);
  return mote::serve({"plant-gateway", PLANT_VERSION}, argc, argv, telemetry);
}

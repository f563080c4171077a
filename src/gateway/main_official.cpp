// mote-gateway-grpc: the official gRPC library with the services of this project.

#include "engine/official/channel_arguments.h"
#include "engine/official/official_engine.h"
#include "gateway/program.h"

int main(int argc, char** argv) {
  return mote::gateway::run<mote::official::OfficialEngine>({"mote-gateway-grpc", mote::official::sizes()}, argc, argv);
}

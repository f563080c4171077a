// mote-gateway: the lean engine with the services of this project.

#include "engine/lean/engine.h"
#include "gateway/program.h"

int main(int argc, char** argv) {
  return mote::gateway::run<mote::lean::Engine>({"mote-gateway", mote::lean::sizes()}, argc, argv);
}

// mote::serve() on the official gRPC library.
#include "engine/official/channel_arguments.h"
#include "engine/official/official_engine.h"
#include "gateway/program.h"
#include "gateway/served_product.h"
#include "mote/serve.h"

namespace mote {

int serve(const Product& product, int argc, char** argv, std::span<const rpc::Service> services) {
  gateway::set_product(product);
  const gateway::Program program{.name = product.name, .sizes = official::sizes(), .version = product.version};
  return gateway::run<official::OfficialEngine>(program, services, argc, argv);
}

}  // namespace mote

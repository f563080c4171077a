// mote::serve() on the lean engine.
#include "engine/lean/engine.h"
#include "gateway/program.h"
#include "gateway/served_product.h"
#include "mote/serve.h"

namespace mote {

int serve(const Product& product, int argc, char** argv, std::span<const rpc::Service> services) {
  gateway::set_product(product);
  const gateway::Program program{.name = product.name, .sizes = lean::sizes(), .version = product.version};
  return gateway::run<lean::Engine>(program, services, argc, argv);
}

}  // namespace mote

#include "gateway/served_product.h"

namespace mote::gateway {
namespace {

constinit Product current{.name = "gateway", .version = ""};

}  // namespace

void set_product(const Product& product) {
  current = product;
}

const Product& product() {
  return current;
}

}  // namespace mote::gateway

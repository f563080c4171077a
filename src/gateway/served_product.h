// The names of the running program.
#pragma once

#include "mote/product.h"

namespace mote::gateway {

// Before the first configuration is read. Until then the names are those of an unnamed gateway.
void set_product(const Product& product);

const Product& product();

}  // namespace mote::gateway

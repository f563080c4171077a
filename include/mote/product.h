// The names of a program that mote::serve() runs. mote_product_header() of CMake makes them from a product.conf.
#pragma once

#include <cstdint>
#include <string_view>

namespace mote {

// Texts must outlive the program.
struct Product {
  // Begins its lines on stderr, --help, and the page of a browser.
  std::string_view name;
  // What --version prints.
  std::string_view version;
  // What environment variables begin with: MOTE_MAX_STREAMS=10 sets max-streams.
  std::string_view environment = "MOTE_";
  // Where it listens on 127.0.0.1 unless it is told otherwise.
  std::uint16_t port = 50051;
};

}  // namespace mote

#include "image.h"
#include "over_tcp.h"

namespace mote::board {

namespace {

constexpr mote_options kOptions = client_options(2000);

}  // namespace

int run_over_tcp(const mote_port& tcp, const char* mode) {
  return run_image(tcp, kOptions, mode);
}

}  // namespace mote::board

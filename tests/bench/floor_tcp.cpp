// The TCP floor: sends back what it receives, with one receive and one send per turn.
#include "epoll_server.h"

namespace {

class Echo {
 public:
  std::span<const std::uint8_t> answer(std::span<const std::uint8_t> bytes) { return bytes; }
};

}  // namespace

int main(int argc, char** argv) {
  return mote::bench::serve<Echo>(argc, argv);
}

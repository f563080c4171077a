// The floor under everything: what came goes back. One receive and one send per turn, nothing looked at.
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

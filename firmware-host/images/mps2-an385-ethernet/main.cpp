// The images with their own TCP. Their command line is the port of the server, whose host is 10.0.2.2 in QEMU's network, and the
// mode of board::run_image().
#include <array>
#include <string_view>

#include "clock.h"
#include "image.h"
#include "network.h"
#include "over_tcp.h"
#include "semihosting.h"
#include "tcp_stream.h"

namespace mote::network {

namespace {

// QEMU's user network (its manual, "Using the user mode network stack").
constexpr Addresses kAddresses = {
    {PP_HTONL(LWIP_MAKEU32(10, 0, 2, 15))},
    {PP_HTONL(LWIP_MAKEU32(255, 255, 255, 0))},
    {PP_HTONL(LWIP_MAKEU32(10, 0, 2, 2))},
};

struct Gateway {
  TcpStream stream;
  std::uint16_t port = 0;
};

constinit Gateway gateway_in_use;

Gateway& gateway_of(void* context) {
  return *static_cast<Gateway*>(context);
}

bool connect(void* context, std::uint32_t deadline_ms) {
  Gateway& gateway = gateway_of(context);
  return gateway.stream.open(kAddresses.router, gateway.port, deadline_ms);
}

void disconnect(void* context) {
  gateway_of(context).stream.close();
}

bool write(void* context, const std::uint8_t* bytes, std::size_t size, std::uint32_t deadline_ms) {
  return gateway_of(context).stream.write({bytes, size}, deadline_ms);
}

int read(void* context, std::uint8_t* into, std::size_t room, std::uint32_t deadline_ms) {
  TcpStream& stream = gateway_of(context).stream;
  const std::size_t size = stream.read({into, room}, deadline_ms);
  return size == 0 && !stream.is_open() ? MOTE_PORT_CLOSED : static_cast<int>(size);
}

std::uint32_t now(void* /*context*/) {
  return board::now_ms();
}

// Takes the number from the front of the text.
std::uint16_t take_port(std::string_view& text) {
  std::uint16_t port = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1))
    port = static_cast<std::uint16_t>(port * 10 + (text.front() - '0'));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return port;
}

}  // namespace

}  // namespace mote::network

extern "C" int mote_main() {
  namespace board = mote::board;
  namespace network = mote::network;
  std::array<char, 24> words{};
  if (!board::command_line(words.data(), words.size())) return board::kUsageExit;
  std::string_view mode = words.data();
  board::start_clock();

  network::Gateway& gateway = network::gateway_in_use;
  gateway.port = network::take_port(mode);
  if (gateway.port == 0) return board::kUsageExit;
  if (!network::start(network::kAddresses)) {
    board::write("FAILED: the Ethernet controller does not answer\n");
    return board::kFailedExit;
  }
  const mote_port port = {&gateway,     network::connect, network::disconnect, network::write, network::read,
                          network::now, nullptr};
  return board::run_over_tcp(port, mode.data());
}

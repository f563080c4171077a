// The image whose byte stream is UART0. Its command line is the mode of board::run_image().
#include <array>

#include "board.h"
#include "clock.h"
#include "http2/constants.h"
#include "image.h"
#include "semihosting.h"
#include "uart.h"

namespace mote::uart {

namespace {

// A wire has nothing to open and nothing to end: the bridge that speaks TCP for the device hands over bytes and says nothing
// of connections. Each begins with a preface from both sides (RFC 9113 3.4), which is what connect() goes by:
// - The device's has to be the first bytes of a TCP connection. So the device is silent for a while after a connection has
//   failed: the server ends its side when what it hears makes no sense, and the bridge needs its time to make a new one.
// - The server's is a SETTINGS frame, the only one it has to send that acknowledges nothing. It may have come before the
//   device says a word; what has come before it belongs to an older connection. (Not at the first time: then it may be
//   on its way.)
constexpr std::uint32_t kSilenceMs = 1500;

struct {
  bool connected;
  bool silent;
  std::uint32_t until_ms;
} line;

// Less than 256 bytes of payload, type 4, no flags, stream 0 (RFC 9113 4.1, 6.5).
bool is_settings_at(std::size_t place) {
  for (std::size_t i = 0; i < http2::kFrameHeaderBytes; ++i)
    if (i != 2 && waiting_byte(place + i) != (i == 3 ? 4 : 0)) return false;
  return true;
}

void discard_older_connections() {
  const std::size_t all = waiting_bytes();
  std::size_t older = all;
  for (std::size_t place = 0; place + http2::kFrameHeaderBytes <= all; ++place)
    if (is_settings_at(place)) older = place;
  discard(older);
}

bool connect(void* /*context*/, std::uint32_t deadline_ms) {
  if (line.silent) {
    while (mote_left_ms(board::now_ms(), line.until_ms) > 0) {
      if (mote_left_ms(board::now_ms(), deadline_ms) <= 0) return false;
      board::wait_for_interrupt();
    }
    discard_older_connections();
  }
  line.connected = true;
  line.silent = false;
  return true;
}

void disconnect(void* /*context*/) {
  if (line.connected) line = {.connected = false, .silent = true, .until_ms = board::now_ms() + kSilenceMs};
}

bool write_bytes(void* /*context*/, const std::uint8_t* bytes, std::size_t size, std::uint32_t deadline_ms) {
  return write({bytes, size}, deadline_ms);
}

// HTTP/2 cannot go on where bytes are missing.
int read_bytes(void* /*context*/, std::uint8_t* into, std::size_t room, std::uint32_t deadline_ms) {
  const std::size_t size = read({into, room}, deadline_ms);
  return lost_bytes() ? MOTE_PORT_CLOSED : static_cast<int>(size);
}

std::uint32_t now(void* /*context*/) {
  return board::now_ms();
}

constexpr mote_port kPort = {nullptr, connect, disconnect, write_bytes, read_bytes, now};

}  // namespace

}  // namespace mote::uart

extern "C" int mote_main() {
  std::array<char, 16> mode{};
  if (!mote::board::command_line(mode.data(), mode.size())) return mote::board::kUsageExit;
  mote::board::start_clock();
  mote::uart::start();
  return mote::board::run_image(mote::uart::kPort, mode.data());
}

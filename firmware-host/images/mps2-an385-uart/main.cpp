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

// A serial line has no connections. A bridge forwards its bytes over TCP and does not report when a TCP connection begins or
// ends. So connect() uses the prefaces of both sides (RFC 9113 3.4):
// - The preface of the device must be the first bytes of a TCP connection. After a failed connection the device sends nothing
//   for a while: the server closes its side after invalid bytes, and the bridge needs time for a new connection.
// - The preface of the server is a SETTINGS frame, the only one without ACK that it must send. It may arrive before the device
//   sends. Bytes before it belong to an older connection and are discarded. (Not at the first connect(): the frame may still be
//   in flight.)
constexpr std::uint32_t kSilenceMs = 1500;
constexpr auto kSettings = static_cast<std::uint8_t>(http2::FrameType::Settings);

struct {
  bool connected;
  bool silent;
  std::uint32_t until_ms;
} line;

// A header of SETTINGS with less than 256 bytes of payload, no flags, stream 0 (RFC 9113 4.1, 6.5).
bool is_settings_at(std::size_t place) {
  for (std::size_t i = 0; i < http2::kFrameHeaderBytes; ++i)
    if (i != 2 && waiting_byte(place + i) != (i == 3 ? kSettings : 0)) return false;
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

// HTTP/2 cannot continue after lost bytes.
int read_bytes(void* /*context*/, std::uint8_t* into, std::size_t room, std::uint32_t deadline_ms) {
  const std::size_t size = read({into, room}, deadline_ms);
  return lost_bytes() ? MOTE_PORT_CLOSED : static_cast<int>(size);
}

std::uint32_t now(void* /*context*/) {
  return board::now_ms();
}

constexpr mote_port kPort = {nullptr, connect, disconnect, write_bytes, read_bytes, now, nullptr};

constexpr mote_options kOptions = board::client_options(2000);

}  // namespace

}  // namespace mote::uart

extern "C" int mote_main() {
  std::array<char, 16> mode{};
  if (!mote::board::command_line(mode.data(), mode.size())) return mote::board::kUsageExit;
  mote::board::start_clock();
  mote::uart::start();
  return mote::board::run_image(mote::uart::kPort, mote::uart::kOptions, mode.data());
}

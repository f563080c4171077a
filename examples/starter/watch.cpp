// starter-watch: prints the values that are reported from now on, for at most a day, or the next COUNT of them.
//
//   starter-watch 127.0.0.1:50052 [COUNT]
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <span>

#include "mote/device.h"
#include "mote/port_posix.h"
#include "starter.client.h"

namespace {

std::array<std::uint8_t, 128> input;
std::array<std::uint8_t, 256> output;
std::array<std::uint8_t, 192> scratch;
std::array<std::uint8_t, 256> messages;
std::array<std::uint8_t, 64> text;

template <std::size_t size>
mote_span span(std::array<std::uint8_t, size>& bytes) {
  return {bytes.data(), bytes.size()};
}

void print(const starter::v1::WatchReply& reply) {
  std::array<char, 33> name{};
  mote_bytes_copy(&reply.device, name.data(), name.size() - 1);
  std::printf("%s %g\n", name.data(), reply.value);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  char* const colon = argc == 2 || argc == 3 ? std::strrchr(arguments[1], ':') : nullptr;
  if (colon == nullptr) {
    std::fputs("usage: starter-watch HOST:PORT [COUNT]\n", stderr);
    return 2;
  }
  *colon = '\0';
  long left = argc == 3 ? std::strtol(arguments[2], nullptr, 10) : -1;
  mote_posix posix;
  mote_posix_tcp(&posix, arguments[1], std::next(colon));
  const mote_port port = mote_posix_port(&posix);
  const mote_memory memory = {span(input), span(output), span(scratch), span(messages), span(text)};
  const mote_options options = {.authority = "starter-gateway"};
  static mote_client client;
  mote_client_init(&client, &port, &options, &memory);

  constexpr std::uint32_t kDayMs = 24 * 60 * 60 * 1000;
  mote_call long_call{};
  long_call.timeout_ms = kDayMs;
  starter::v1::StarterClient::WatchCall watch = starter::v1::StarterClient(&client).Watch({}, &long_call);
  starter::v1::WatchReply reply{};
  while (left != 0 && watch.receive(reply) == MOTE_MESSAGE) {
    print(reply);
    if (left > 0) --left;
  }
  const mote_status status = left == 0 ? MOTE_OK : watch.status();
  if (status != MOTE_OK)
    std::fprintf(stderr, "Watch: %s %s\n", mote_status_name(status), mote_call_status_text(&client));
  mote_client_close(&client);
  return status == MOTE_OK ? 0 : 1;
}

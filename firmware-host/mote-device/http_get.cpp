#include "mote-device/http_get.h"

#include <array>
#include <cstddef>
#include <cstdio>

namespace mote::tool {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

// Until the end of the connection: a request of HTTP/1.0 gets no chunks. False: the room is too small, or the time is over.
bool read_all(const mote_port& port, std::uint32_t deadline, std::span<char> room, std::size_t& size) {
  for (;;) {
    if (size == room.size()) return false;
    const std::span<char> left = room.subspan(size);
    const int read = port.read(port.context, reinterpret_cast<std::uint8_t*>(left.data()), left.size(), deadline);
    if (read == MOTE_PORT_CLOSED) return true;
    if (read <= 0) return false;
    size += static_cast<std::size_t>(read);
  }
}

}  // namespace

HttpAnswer http_get(const mote_port& port, std::string_view host, std::string_view path, std::uint32_t timeout_ms,
                    std::span<char> room) {
  const std::uint32_t deadline = port.now_ms(port.context) + timeout_ms;
  std::array<char, 512> request{};
  const int length =
      std::snprintf(request.data(), request.size(), "GET %.*s HTTP/1.0\r\nHost: %.*s\r\n\r\n",
                    static_cast<int>(path.size()), path.data(), static_cast<int>(host.size()), host.data());
  std::size_t size = 0;
  bool complete = false;
  const bool connected = port.connect(port.context, deadline);
  if (connected && port.write(port.context, reinterpret_cast<const std::uint8_t*>(request.data()),
                              static_cast<std::size_t>(length), deadline)) {
    complete = read_all(port, deadline, room, size);
  }
  port.disconnect(port.context);
  if (!connected) return {.body = {}, .error = "no connection"};
  if (!complete) return {.body = {}, .error = "the answer is not complete"};
  const std::string_view answer(room.data(), size);
  const std::size_t end = answer.find(kHeadEnd);
  const std::string_view status = answer.substr(0, answer.find_first_of("\r\n"));
  if (!answer.starts_with("HTTP/1.") || end == std::string_view::npos)
    return {.body = {}, .error = "this is no HTTP/1.1 server"};
  if (status.size() < 12 || status.substr(9, 3) != "200") return {.body = {}, .error = status};
  return {.body = answer.substr(end + kHeadEnd.size()), .error = {}};
}

}  // namespace mote::tool

// The time from the start of a server to its first answer, in milliseconds on standard output.
//
//   first_answer COMMAND...
//
// COMMAND prints "NAME: ready on HOST:PORT" on stderr. As soon as it does, a client connects, sends everything up to the end of one
// unary call at once, and waits for the trailers. The clock runs from just before the exec. Afterwards the server is ended.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kMostSeconds = 60;
constexpr std::size_t kFrameHeaderBytes = 9;
constexpr std::uint8_t kHeaders = 1;
constexpr std::uint8_t kEndStream = 1;

pid_t server = -1;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  if (server > 0) ::kill(server, SIGKILL);
  std::exit(1);
}

std::string frame(char type, char flags, char stream, std::string_view payload) {
  const std::array<char, kFrameHeaderBytes> header = {
      0, static_cast<char>(payload.size() >> 8U), static_cast<char>(payload.size()), type, flags, 0, 0, 0, stream};
  return std::string(header.data(), header.size()).append(payload);
}

std::string text(std::string_view value) {
  return std::string(1, static_cast<char>(value.size())).append(value);
}

std::string field(std::string_view name, std::string_view value) {
  return std::string(1, '\0') + text(name) + text(value);  // RFC 7541 6.2.2
}

// The preface, SETTINGS, and echo.Echo/Reply with "hello".
std::string call() {
  const std::string head = field(":method", "POST") + field(":scheme", "http") + field(":path", "/echo.Echo/Reply") +
                           field(":authority", "localhost") + field("content-type", "application/grpc") +
                           field("te", "trailers");
  constexpr std::string_view kMessage{"\0\0\0\0\x07\x0a\x05hello", 12};
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, "") + frame(kHeaders, 4, 1, head) +
         frame(0, kEndStream, 1, kMessage);
}

struct Started {
  Clock::time_point begun;
  int output = -1;  // The file descriptor of its stderr.
};

Started start(std::span<char*> command) {
  std::array<int, 2> ends{};
  std::array<int, 2> clock{};
  if (::pipe(ends.data()) != 0 || ::pipe2(clock.data(), O_CLOEXEC) != 0) fail("pipe");
  server = ::fork();
  if (server < 0) fail("fork");
  if (server == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    const Clock::time_point now = Clock::now();
    if (::write(clock[1], &now, sizeof(now)) == sizeof(now)) ::execvp(command[0], command.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  ::close(clock[1]);
  Started started{.begun = {}, .output = ends[0]};
  if (::read(clock[0], &started.begun, sizeof(started.begun)) != sizeof(started.begun)) fail(command[0]);
  ::close(clock[0]);
  return started;
}

sockaddr_in address_in(int output) {
  constexpr std::string_view kReady = ": ready on ";
  std::string lines;
  for (;;) {
    std::array<char, 4096> piece{};
    const ssize_t size = ::read(output, piece.data(), piece.size());
    if (size <= 0) fail("the server ended before it was ready");
    lines.append(piece.data(), static_cast<std::size_t>(size));
    const std::size_t at = lines.find(kReady);
    const std::size_t end = at == std::string::npos ? at : lines.find('\n', at);
    if (end == std::string::npos) continue;
    const std::string target = lines.substr(at + kReady.size(), end - at - kReady.size());
    const std::size_t colon = target.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::strtoul(target.substr(colon + 1).c_str(), nullptr, 10)));
    if (::inet_pton(AF_INET, target.substr(0, colon).c_str(), &address.sin_addr) != 1) fail("address");
    return address;
  }
}

void wait_for_answer(int connection) {
  std::string bytes;
  for (;;) {
    while (bytes.size() >= kFrameHeaderBytes) {
      const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
      const std::size_t size = kFrameHeaderBytes + (std::size_t{at(0)} << 16U | std::size_t{at(1)} << 8U | at(2));
      if (bytes.size() < size) break;
      if (at(3) == kHeaders && (at(4) & kEndStream) != 0) return;
      bytes.erase(0, size);
    }
    std::array<char, 4096> piece{};
    const ssize_t size = ::recv(connection, piece.data(), piece.size(), 0);
    if (size <= 0) fail("no answer");
    bytes.append(piece.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc) + 1);  // With the null pointer at the end.
  if (argc < 2) {
    std::fputs("usage: first_answer COMMAND...\n", stderr);
    return 2;
  }
  ::alarm(kMostSeconds);
  const std::string request = call();
  const auto [begun, output] = start(arguments.subspan(1));
  const sockaddr_in address = address_in(output);
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) fail("connect");
  if (::send(connection, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    fail("send");
  wait_for_answer(connection);
  const std::chrono::duration<double, std::milli> took = Clock::now() - begun;
  std::printf("%.3f\n", took.count());
  ::kill(server, SIGTERM);
  ::close(output);
  int status = 0;
  ::waitpid(server, &status, 0);
  return 0;
}

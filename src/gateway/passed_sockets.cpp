#include "gateway/passed_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <optional>

#include "engine/concat.h"
#include "gateway/environment.h"

namespace mote::gateway {
namespace {

constexpr int kFirstDescriptor = 3;  // SD_LISTEN_FDS_START
constexpr std::uint64_t kMostSockets = 64;

int option_of(int descriptor, int option) {
  int value = 0;
  socklen_t size = sizeof(value);
  return ::getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

bool take_over(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  return option_of(descriptor, SO_TYPE) == SOCK_STREAM && option_of(descriptor, SO_ACCEPTCONN) == 1 && flags >= 0 &&
         ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 && ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0;
}

}  // namespace

PassedSockets passed_sockets(const char* const* variables) {
  PassedSockets passed;
  const std::optional<std::string_view> count_text = find_variable(variables, "LISTEN_FDS");
  if (!count_text || find_number(variables, "LISTEN_PID") != static_cast<std::uint64_t>(::getpid())) return passed;
  const std::optional<std::uint64_t> count = find_number(variables, "LISTEN_FDS");
  if (!count || *count > kMostSockets) {
    passed.error = engine::concat({"LISTEN_FDS is not a number of sockets: ", *count_text});
    return passed;
  }
  for (int descriptor = kFirstDescriptor; descriptor < kFirstDescriptor + static_cast<int>(*count); ++descriptor) {
    if (take_over(descriptor)) {
      passed.descriptors.push_back(descriptor);
      continue;
    }
    passed.error = engine::concat(
        {"descriptor ", engine::digits(static_cast<std::uint64_t>(descriptor)),
         " of LISTEN_FDS is no listening stream socket: the socket unit needs ListenStream= and Accept=no"});
    return passed;
  }
  return passed;
}

}  // namespace mote::gateway

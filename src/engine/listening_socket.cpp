#include "engine/listening_socket.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mote::engine {

namespace {

constexpr int kBacklog = 128;
// Descriptors beside those of connections: standard streams, poller, signals, listeners.
constexpr rlim_t kOtherDescriptors = 32;

int new_socket(const Address& address) {
  return ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

void set_option(int descriptor, int level, int option, int value) {
  ::setsockopt(descriptor, level, option, &value, sizeof(value));
}

const char* unix_path(const Address& address) {
  return reinterpret_cast<const sockaddr_un*>(address.pointer())->sun_path;
}

// A socket file that nobody listens on any more is left over from a crash, and in the way.
bool prepare_unix_path(const Address& address) {
  struct stat status {};
  if (::lstat(unix_path(address), &status) != 0 || !S_ISSOCK(status.st_mode)) return true;
  const int probe = new_socket(address);
  const bool refused = ::connect(probe, address.pointer(), address.length) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  if (refused) return ::unlink(unix_path(address)) == 0;
  errno = EADDRINUSE;
  return false;
}

}  // namespace

ListeningSocket::~ListeningSocket() {
  close();
}

const char* ListeningSocket::open() {
  if (descriptor_ < 0) {
    if (const char* failed = make()) return failed;
  }
  address_.length = sizeof(address_.storage);
  return ::getsockname(descriptor_, address_.pointer(), &address_.length) == 0 ? nullptr : "find out the port of";
}

const char* ListeningSocket::make() {
  descriptor_ = new_socket(address_);
  if (descriptor_ < 0 && address_.every) {
    address_ = every_ipv4(address_);
    descriptor_ = new_socket(address_);
  }
  if (descriptor_ < 0) return "open a socket for";
  set_option(descriptor_, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address_.family() == AF_INET6) set_option(descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, address_.every ? 0 : 1);
  if (address_.family() == AF_UNIX && !prepare_unix_path(address_)) return "listen on";
  if (::bind(descriptor_, address_.pointer(), address_.length) != 0) return "listen on";
  bound_ = true;
  return ::listen(descriptor_, kBacklog) == 0 ? nullptr : "listen on";
}

void ListeningSocket::close() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  descriptor_ = -1;
  if (bound_ && address_.family() == AF_UNIX) ::unlink(unix_path(address_));
}

std::string cannot_listen(const char* failed, const Address& address, int error) {
  std::string text =
      "cannot " + std::string(failed) + " " + std::string(AddressText(address).view()) + ": " + std::strerror(error);
  if (error == EADDRINUSE) text += ": choose another with --listen, or port 0 for a free one";
  return text;
}

std::string reserve_descriptors(std::uint32_t connections) {
  const rlim_t needed = connections + kOtherDescriptors;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return {};
  const rlim_t hard = limit.rlim_max;
  limit.rlim_cur = needed;
  if (needed <= hard && ::setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  return "max-connections " + std::to_string(connections) + " needs " + std::to_string(needed) +
         " file descriptors and this process may have " + std::to_string(hard) +
         ": raise that (ulimit -Hn, LimitNOFILE=) or lower max-connections";
}

}  // namespace mote::engine

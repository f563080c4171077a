#include "engine/listening_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/concat.h"
#include "engine/socket_buffers.h"

namespace mote::engine {

namespace {

constexpr const char* kLimitBuffers = "limit the buffers of";
// Descriptors that are not connections: standard streams, poller, signals, listeners, and sockets that are closing.
constexpr rlim_t kOtherDescriptors = 32 + kClosingSockets;

int new_socket(const Address& address) {
  return ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

bool set_option(int descriptor, int level, int option, int value) {
  return ::setsockopt(descriptor, level, option, &value, sizeof(value)) == 0;
}

const char* unix_path(const Address& address) {
  return reinterpret_cast<const sockaddr_un*>(address.pointer())->sun_path;
}

// A socket file without a listener is left over from a crash and prevents bind().
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

const char* ListeningSocket::open(const Limits* limits) {
  if (!inherited_) {
    if (const char* failed = make(limits)) return failed;
  }
  address_.length = sizeof(address_.storage);
  if (::getsockname(descriptor_, address_.pointer(), &address_.length) != 0) return "find out the port of";
  return !inherited_ || limit_buffers(limits) ? nullptr : kLimitBuffers;
}

const char* ListeningSocket::make(const Limits* limits) {
  descriptor_ = new_socket(address_);
  if (descriptor_ < 0 && address_.every) {
    address_ = every_ipv4(address_);
    descriptor_ = new_socket(address_);
  }
  if (descriptor_ < 0) return "open a socket for";
  if (!set_option(descriptor_, SOL_SOCKET, SO_REUSEADDR, 1)) return "prepare a socket for";
  if (address_.family() == AF_INET6 && !set_option(descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, address_.every ? 0 : 1))
    return "prepare a socket for";
  if (!limit_buffers(limits)) return kLimitBuffers;
  if (limits != nullptr && address_.family() != AF_UNIX) {
    if (limits->reuse_port && !set_option(descriptor_, SOL_SOCKET, SO_REUSEPORT, 1)) return "share the port of";
    if (!keep_alive(*limits)) return "set TCP keepalive of";
  }
  if (address_.family() == AF_UNIX && !prepare_unix_path(address_)) return "listen on";
  if (!bind()) return "listen on";
  if (address_.family() == AF_UNIX && !remember_file()) return "find the file of";
  return ::listen(descriptor_, static_cast<int>(backlog_)) == 0 ? nullptr : "listen on";
}

// Without IP_FREEBIND first: the caller learns whether the address is there.
bool ListeningSocket::bind() {
  if (::bind(descriptor_, address_.pointer(), address_.length) == 0) return true;
  if (errno != EADDRNOTAVAIL) return false;
  awaits_address_ = address_.family() == AF_INET6 ? set_option(descriptor_, IPPROTO_IPV6, IPV6_FREEBIND, 1)
                                                  : set_option(descriptor_, IPPROTO_IP, IP_FREEBIND, 1);
  return awaits_address_ && ::bind(descriptor_, address_.pointer(), address_.length) == 0;
}

bool ListeningSocket::limit_buffers(const Limits* limits) const {
  if (limits == nullptr) return true;
  if (!set_socket_buffers(descriptor_, *limits)) return false;
  if (usable_upload_windows(*limits) != 0) allow_upload_windows(descriptor_);
  return true;
}

bool ListeningSocket::keep_alive(const Limits& limits) const {
  constexpr int kProbes = 3;
  const auto seconds = static_cast<int>(limits.tcp_keepalive.count());
  if (seconds == 0) return true;
  return set_option(descriptor_, SOL_SOCKET, SO_KEEPALIVE, 1) &&
         set_option(descriptor_, IPPROTO_TCP, TCP_KEEPIDLE, seconds) &&
         set_option(descriptor_, IPPROTO_TCP, TCP_KEEPINTVL, seconds) &&
         set_option(descriptor_, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
}

bool ListeningSocket::remember_file() {
  struct stat status {};
  if (::lstat(unix_path(address_), &status) != 0) {
    const int reason = errno;
    ::unlink(unix_path(address_));
    errno = reason;
    return false;
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
  next_with_file_ = std::exchange(first_with_file, this);
  return true;
}

bool ListeningSocket::file_is_ours() const {
  struct stat status {};
  return inode_ != 0 && ::lstat(unix_path(address_), &status) == 0 && status.st_dev == device_ &&
         status.st_ino == inode_;
}

// While the socket is open nobody else gets its inode, and no other gateway replaces the file.
void ListeningSocket::remove_file() {
  if (file_is_ours()) ::unlink(unix_path(address_));
}

void ListeningSocket::remove_files() {
  for (ListeningSocket* socket = first_with_file; socket != nullptr; socket = socket->next_with_file_)
    socket->remove_file();
}

void ListeningSocket::close() {
  if (descriptor_ < 0) return;
  if (inode_ != 0) {
    remove_file();
    ListeningSocket** link = &first_with_file;
    while (*link != this)
      link = &(*link)->next_with_file_;
    *link = next_with_file_;
  }
  ::close(descriptor_);
  descriptor_ = -1;
}

std::string cannot_listen(const char* failed, const Address& address, int error) {
  return concat({"cannot ", failed, " ", AddressText(address).view(), ": ", std::strerror(error),
                 error == EADDRINUSE ? ": choose another with --listen, or port 0 for a free one" : ""});
}

std::string reserve_descriptors(std::uint32_t connections) {
  const rlim_t needed = connections + kOtherDescriptors;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return {};
  const rlim_t hard = limit.rlim_max;
  limit.rlim_cur = needed;
  // setrlimit() of musl needs 4 KiB of code for old kernels.
  if (needed <= hard && ::prlimit(0, RLIMIT_NOFILE, &limit, nullptr) == 0) return {};
  return concat({"max-connections ", digits(connections), " needs ", digits(needed),
                 " file descriptors and this process may have ", digits(hard),
                 ": raise that (ulimit -Hn, LimitNOFILE=) or lower max-connections"});
}

}  // namespace mote::engine

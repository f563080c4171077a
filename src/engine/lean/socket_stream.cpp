#include "engine/lean/socket_stream.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace mote::lean {

SocketStream::~SocketStream() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

IoResult SocketStream::read(MutableBytes to) {
  const ssize_t size = ::recv(descriptor_, to.data(), to.size(), 0);
  if (size < 0) return failure();
  if (size == 0) return {Io::Closed};
  return {Io::Done, static_cast<std::size_t>(size)};
}

IoResult SocketStream::read_parts(std::span<const MutableBytes> parts) {
  std::array<iovec, kMostParts> pieces;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  std::size_t count = 0;
  for (const MutableBytes part : parts)
    pieces.at(count++) = {.iov_base = part.data(), .iov_len = part.size()};
  const ssize_t size = ::readv(descriptor_, pieces.data(), static_cast<int>(count));
  if (size < 0) return failure();
  if (size == 0) return {Io::Closed};
  return {Io::Done, static_cast<std::size_t>(size)};
}

IoResult SocketStream::write(Bytes from) {
  const ssize_t size = ::send(descriptor_, from.data(), from.size(), MSG_NOSIGNAL);
  if (size < 0) return failure();
  return {Io::Done, static_cast<std::size_t>(size)};
}

IoResult SocketStream::write_parts(std::span<const Bytes> parts) {
  std::array<iovec, kMostParts> pieces;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  std::size_t count = 0;
  for (const Bytes part : parts) {
    // The kernel only reads them.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
    pieces.at(count++) = {.iov_base = const_cast<std::uint8_t*>(part.data()), .iov_len = part.size()};
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(count);
  const ssize_t size = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
  if (size < 0) return failure();
  return {Io::Done, static_cast<std::size_t>(size)};
}

IoResult SocketStream::failure() {
  timed_out_ = errno == ETIMEDOUT;
  return {errno == EAGAIN || errno == EINTR ? Io::WouldBlock : Io::Closed};
}

void SocketStream::shut_down() {
  ::shutdown(descriptor_, SHUT_WR);
}

}  // namespace mote::lean

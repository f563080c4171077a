#include "gateway/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace mote::gateway {
namespace {

struct Descriptor {
  int number;

  explicit Descriptor(int descriptor) : number(descriptor) {}
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

TextFile unreadable(std::string reason) {
  return {.text = std::nullopt, .error = std::move(reason)};
}

}  // namespace

TextFile read_text_file(const std::string& path, FileKind kind) {
  // O_NONBLOCK: opening a FIFO would wait for a writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.number < 0 || ::fstat(file.number, &status) != 0) return unreadable(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return unreadable("it is not a regular file");
  if (kind == FileKind::Secret && (status.st_mode & (S_IRWXO | S_IWGRP)) != 0)
    return unreadable("others may read or change this secret: chmod 640, or 600");
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t size = ::read(file.number, part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return unreadable(std::strerror(errno));
    if (size == 0) return {.text = std::move(text), .error = {}};
    text.append(part.data(), static_cast<std::size_t>(size));
    if (text.size() > kMostFileBytes) return unreadable("it is larger than 1 MiB");
  }
}

}  // namespace mote::gateway

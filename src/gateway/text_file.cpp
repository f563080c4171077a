#include "gateway/text_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace mote::gateway {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

std::optional<std::string> read_text_file(const std::string& path) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  if (!file) return std::nullopt;
  std::string text;
  std::array<char, 4096> part{};
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), file.get())) {
    text.append(part.data(), size);
    if (text.size() > kMostFileBytes) {
      errno = EFBIG;
      return std::nullopt;
    }
  }
  if (std::ferror(file.get()) != 0) return std::nullopt;
  return text;
}

}  // namespace mote::gateway

#include "gateway/process_report.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace mote::gateway {
namespace {

// The number after "KEY:" and blanks.
std::uint64_t number_of(std::string_view status, std::string_view key) {
  const std::size_t line = status.find(key);
  if (line == std::string_view::npos) return 0;
  std::string_view rest = status.substr(line + key.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  std::uint64_t number = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return number;
}

}  // namespace

Process parse_process(std::string_view status) {
  return {.traced = number_of(status, "\nTracerPid:") != 0,
          .threads = number_of(status, "\nThreads:"),
          .resident_kib = number_of(status, "\nVmRSS:")};
}

Process read_process() {
  std::array<char, 4096> status{};
  const int file = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  const ssize_t size = ::read(file, status.data(), status.size());
  ::close(file);
  return size < 0 ? Process{} : parse_process({status.data(), static_cast<std::size_t>(size)});
}

engine::FixedText<80> process_report(const Process& process) {
  engine::FixedText<80> text;
  text.add("threads ").add(process.threads).add(", resident memory ").add(process.resident_kib).add(" KiB");
  return text;
}

}  // namespace mote::gateway

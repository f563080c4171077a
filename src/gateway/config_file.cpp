#include "gateway/config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "gateway/settings.h"

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

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string_view without_comment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || kBlanks.find(line[at - 1]) != std::string_view::npos) return line.substr(0, at);
  }
  return line;
}

const Assignment* earlier(const Assignments& assignments, const Setting& setting) {
  for (const Assignment& assignment : assignments) {
    if (assignment.setting == &setting) return &assignment;
  }
  return nullptr;
}

// Reads one line into `file`. Returns an error, or an empty text.
std::string parse_line(std::string_view line, const Origin& origin, ConfigFile& file) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return "this is not \"key = value\"";
  const std::string key(trimmed(line.substr(0, equals)));
  const std::string_view value = trimmed(line.substr(equals + 1));
  const Setting* setting = find_setting(key);
  if (setting == nullptr)
    return "unknown key \"" + key + "\", the nearest is \"" + std::string(nearest_setting(key)) + '"';
  if (value.empty()) return key + ": the value is missing";
  const Assignment* before = earlier(file.assignments, *setting);
  if (before != nullptr && !setting->list)
    return key + ": set in line " + std::to_string(before->origin.line) + " already";
  file.assignments.push_back({origin, setting, std::string(value)});
  return {};
}

TextFile unreadable(std::string reason) {
  return {.text = std::nullopt, .error = std::move(reason)};
}

}  // namespace

ConfigFile parse_config_file(std::string_view text, const std::string& name) {
  ConfigFile file;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(without_comment(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const Origin origin{.source = name, .line = number};
    std::string error = parse_line(line, origin, file);
    if (!error.empty()) file.errors.push_back({origin, std::move(error)});
  }
  return file;
}

TextFile read_text_file(const std::string& path) {
  // O_NONBLOCK: opening a FIFO would wait for a writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.number < 0 || ::fstat(file.number, &status) != 0) return unreadable(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return unreadable("it is not a regular file");
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t size = ::read(file.number, part.data(), part.size());
    if (size < 0) return unreadable(std::strerror(errno));
    if (size == 0) return {.text = std::move(text), .error = {}};
    text.append(part.data(), static_cast<std::size_t>(size));
    if (text.size() > kMostFileBytes) return unreadable("it is larger than 1 MiB");
  }
}

ConfigFile read_config_file(const std::string& path) {
  const TextFile file = read_text_file(path);
  if (file.text) return parse_config_file(*file.text, path);
  const Origin origin{.source = path, .line = 0};
  return {.assignments = {}, .errors = {{origin, "cannot be read: " + file.error}}};
}

}  // namespace mote::gateway

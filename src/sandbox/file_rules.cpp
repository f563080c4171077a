#include "sandbox/file_rules.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace mote::sandbox {
namespace {

// The same on all architectures; older headers do not have them.
constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;

// Rights that came after version 1; older headers do not have them.
constexpr std::uint64_t kRefer = 1ULL << 13U;     // Version 2.
constexpr std::uint64_t kTruncate = 1ULL << 14U;  // Version 3.
constexpr std::uint64_t kIoctlDev = 1ULL << 15U;  // Version 5.
constexpr std::uint64_t kVersion1 = kRefer - 1;
constexpr std::uint64_t kBindTcp = 1;  // Version 4.
constexpr std::uint64_t kConnectTcp = 2;
constexpr std::uint64_t kAbstractUnixSockets = 1;  // Version 6.
constexpr std::uint64_t kSignals = 2;

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kRemove = LANDLOCK_ACCESS_FS_REMOVE_FILE;
constexpr std::uint64_t kWriteFile = LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate | kRead;
constexpr std::uint64_t kWrite = kWriteFile | LANDLOCK_ACCESS_FS_MAKE_REG | kRemove;

// struct landlock_ruleset_attr of version 6. An older kernel gets as many bytes as it knows.
struct Handled {
  std::uint64_t files;
  std::uint64_t network;
  std::uint64_t scopes;
};

Handled handled_by(int version) {
  Handled handled{kVersion1, kBindTcp | kConnectTcp, kAbstractUnixSockets | kSignals};
  if (version >= 2) handled.files |= kRefer;
  if (version >= 3) handled.files |= kTruncate;
  if (version >= 5) handled.files |= kIoctlDev;
  return handled;
}

std::size_t handled_bytes(int version) {
  if (version >= 6) return sizeof(Handled);
  return version >= 4 ? offsetof(Handled, scopes) : offsetof(Handled, network);
}

class Ruleset {
 public:
  explicit Ruleset(int version)
      : handled_(handled_by(version)),
        descriptor_(static_cast<int>(::syscall(kCreateRuleset, &handled_, handled_bytes(version), 0))) {}
  ~Ruleset() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Ruleset(const Ruleset&) = delete;
  Ruleset& operator=(const Ruleset&) = delete;

  // `of_file`: the rights that a file can have, if the path is no folder.
  [[nodiscard]] bool allow(const std::vector<std::string>& paths, std::uint64_t rights, std::uint64_t of_file) const {
    return std::ranges::all_of(paths, [&](const std::string& path) { return allow(path, rights, of_file); });
  }

  [[nodiscard]] bool enforce() const { return ::syscall(kRestrictSelf, descriptor_, 0) == 0; }
  [[nodiscard]] bool valid() const { return descriptor_ >= 0; }

 private:
  [[nodiscard]] bool allow(const std::string& path, std::uint64_t rights, std::uint64_t of_file) const {
    int place = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    const bool folder = place >= 0;
    if (!folder && errno == ENOTDIR) place = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (place < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
    landlock_path_beneath_attr rule{(folder ? rights : of_file) & handled_.files, place};
    const bool added =
        rule.allowed_access == 0 || ::syscall(kAddRule, descriptor_, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    const int error = errno;
    ::close(place);
    errno = error;
    return added;
  }

  Handled handled_;
  int descriptor_;
};

}  // namespace

Restricted restrict_files(const FileRules& rules) {
  const auto version = static_cast<int>(::syscall(kCreateRuleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
  if (version <= 0) return {.error = errno};
  const Ruleset ruleset(version);
  const bool restricted = ruleset.valid() && ruleset.allow(rules.readable, kRead, kRead) &&
                          ruleset.allow(rules.writable, kWrite, kWriteFile) &&
                          ruleset.allow(rules.removable, kRemove, 0) && ruleset.enforce();
  if (!restricted) return {.error = errno};
  return {.landlock_version = version};
}

}  // namespace mote::sandbox

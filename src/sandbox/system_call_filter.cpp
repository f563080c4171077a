#include "sandbox/system_call_filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace mote::sandbox {
namespace {

// It begins with a check of the architecture, and ends the process if it is another one.
constexpr sock_filter kFilter[] = {
#include "seccomp_filter.inc"
};

}  // namespace

SystemCallFilter::SystemCallFilter(std::span<const long> further) {
  // A jump over all of them has 8 bits.
  if (further.size() > kMostFurther) return;
  program_.reserve(2 + 1 + 2 * further.size() + std::size(kFilter));
  if (!further.empty()) {
    // Before the filter: allow the further numbers. A number means another call on another architecture, such as the 32-bit
    // one of an x86-64 kernel, so the filter's own check of the architecture, its first two instructions, is repeated here.
    // NOLINTBEGIN(hicpp-signed-bitwise): the macros of the kernel
    program_.push_back(kFilter[0]);
    program_.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, static_cast<std::uint8_t>(2 * further.size() + 1), kFilter[1].k});
    program_.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    for (const long number : further) {
      program_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
      program_.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    }
    // NOLINTEND(hicpp-signed-bitwise)
  }
  program_.insert(program_.end(), std::begin(kFilter), std::end(kFilter));
}

SystemCallFilter::~SystemCallFilter() = default;

int SystemCallFilter::install() const {
  if (program_.empty()) return E2BIG;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): the kernel only reads it
  const sock_fprog filter{static_cast<unsigned short>(program_.size()), const_cast<sock_filter*>(program_.data())};
  const long result = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
  if (result > 0) return EBUSY;  // A thread has another filter.
  return result == 0 ? 0 : errno;
}

}  // namespace mote::sandbox

// The seccomp filter of this program (seccomp(2)). make_filter.py has the list of system calls and the reason for each.
#pragma once

#include <span>
#include <vector>

struct sock_filter;

namespace mote::sandbox {

class SystemCallFilter {
 public:
  // Also allows `further`, numbers of system calls (SYS_...), at most kMostFurther.
  explicit SystemCallFilter(std::span<const long> further);
  ~SystemCallFilter();
  SystemCallFilter(const SystemCallFilter&) = delete;
  SystemCallFilter& operator=(const SystemCallFilter&) = delete;

  static constexpr std::size_t kMostFurther = 127;

  // From now on the kernel ends the process at a system call of any thread that is not allowed. Needs no_new_privs, and gives
  // it to all threads. Returns 0, or errno of a kernel without seccomp filters. No heap.
  [[nodiscard]] int install() const;

 private:
  std::vector<sock_filter> program_;  // Empty: there are too many further calls.
};

}  // namespace mote::sandbox

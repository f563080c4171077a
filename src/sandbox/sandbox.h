// Takes from this process what it does not need to serve, so that an intruder has no use of it.
#pragma once

#include <vector>

#include "sandbox/file_rules.h"
#include "sandbox/system_call_filter.h"

namespace mote::sandbox {

// What the process needs in addition to the list in make_filter.py.
struct Rules {
  std::vector<long> system_calls;  // SYS_..., with any arguments; at most SystemCallFilter::kMostFurther.
  FileRules files;
};

// What the kernel could do.
struct Entered {
  int system_calls_error = 0;  // errno; 0: system calls are filtered.
  Restricted files;
};

class Sandbox {
 public:
  explicit Sandbox(const Rules& rules) : files_(rules.files), filter_(rules.system_calls) {}

  // For the rest of this process and its children: no new privileges (execve of a setuid program), no other files, no other
  // system calls. Does what the kernel can do. No heap.
  [[nodiscard]] Entered enter() const;

 private:
  FileRules files_;
  SystemCallFilter filter_;
};

// True in a program with a sanitizer, whose runtime makes system calls of its own.
bool impossible();

}  // namespace mote::sandbox

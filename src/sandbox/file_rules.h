// Which files the process may use (Landlock, landlock(7)). Descriptors that are open stay as they are.
#pragma once

#include <string>
#include <vector>

namespace mote::sandbox {

// Files, or folders with everything below them. What does not exist or is not accessible is left out.
struct FileRules {
  std::vector<std::string> readable;
  std::vector<std::string> writable;   // Also to create, to read and to remove.
  std::vector<std::string> removable;  // Folders in which files and sockets may be removed.
};

struct Restricted {
  int landlock_version = 0;  // 0: files are not restricted.
  int error = 0;             // errno, then.
};

// From now on the process uses no other files, and opens no TCP connections where the kernel can forbid it; or nothing changes.
// Needs no_new_privs. No heap.
Restricted restrict_files(const FileRules& rules);

}  // namespace mote::sandbox

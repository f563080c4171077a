// The threads, the resident memory and the debugger of this process, as the kernel counts them.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/fixed_text.h"

namespace mote::gateway {

struct Process {
  bool traced = false;  // By a debugger or strace.
  std::uint64_t threads = 0;
  std::uint64_t resident_kib = 0;
};

// Parses the text of /proc/PID/status; a missing value stays 0 or false.
Process parse_process(std::string_view status);

// Of this process; all 0 and false if there is no /proc.
Process read_process();

// "threads 1, resident memory 960 KiB", for one line at start.
engine::FixedText<80> process_report(const Process& process);

}  // namespace mote::gateway

// The command `mote-device top`: the numbers of a gateway's listener of metrics (--http) in a terminal.
#pragma once

#include <csignal>
#include <cstdio>
#include <span>

namespace mote::tool {

// Whether the first argument is this command.
bool is_top_command(const char* word);

// Runs it until q, Ctrl-C or a signal sets `stop`, or once with --once. `arguments` begin with its name. Returns the exit code: 0, 1 if
// the gateway does not answer, 2 for a usage error.
int top(std::span<const char* const> arguments, const volatile std::sig_atomic_t& stop, std::FILE* out,
        std::FILE* errors);

// Its lines of --help.
void print_top_help(std::FILE* out);

}  // namespace mote::tool

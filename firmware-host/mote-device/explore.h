// The commands of mote-device that need no .proto file: list, describe and call. The server describes itself by reflection.
#pragma once

#include <cstdio>
#include <span>

namespace mote::tool {

// Whether the first argument is one of these commands.
bool is_explore_command(const char* word);

// Runs a command. `arguments` begin with its name. Returns the exit code: 0, 1 if the server refuses or does not answer, 2 for a
// usage error.
int explore(std::span<const char* const> arguments, std::FILE* out, std::FILE* errors);

// Their lines of --help.
void print_explore_help(std::FILE* out);

}  // namespace mote::tool

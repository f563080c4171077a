// What mote-device is told to do on its command line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string_view>

#include "mote-device/target.h"
#include "mote/device.h"

namespace mote::tool {

enum class Mode : std::uint8_t { Reply, ReplyStream, Collect, Chat, Health };

// "reply-stream", "echo.Echo/ReplyStream" and, as it is called, "/echo.Echo/ReplyStream".
const char* name(Mode mode);
const char* method(Mode mode);
const char* path(Mode mode);

enum class Format : std::uint8_t {
  Lines,  // a line for each answer, and a summary
  Quiet,  // the summary alone
  Json,   // one object a line, for each answer and for the summary
  Text,   // the text of each answer alone
};

struct Options {
  const char* target_text = "127.0.0.1:50051";
  Target target;
  std::string_view message = "hello";  // in Mode::Health the service that is asked for, "" for the whole server
  bool message_given = false;
  std::uint64_t size_bytes = 0;  // of the message; 0: as long as `message`
  std::uint32_t count = 5;       // 0: until a signal comes
  std::uint32_t interval_ms = 1000;
  std::uint32_t deadline_ms = 0;  // 0: none was given
  Mode mode = Mode::Reply;
  Format format = Format::Lines;
  bool timing = false;
  const char* plot = nullptr;  // a file's path

  static constexpr std::size_t kMostMetadata = 16;
  static constexpr std::size_t kMostNameBytes = 1024;   // of all names, an end for each
  std::array<mote_metadata, kMostMetadata> metadata{};  // names lie in metadata_names, values in the command line
  std::array<char, kMostNameBytes> metadata_names{};
  std::size_t metadata_count = 0;
  std::size_t metadata_name_bytes = 0;
};

enum class Action : std::uint8_t { Run, Help, Version, Refuse };

// Reads `arguments` (without the program's name), whose texts must outlive `options`, which stays where it is. Refuse: one line
// on `errors` says what is wrong and what to write instead.
Action parse_options(std::span<const char* const> arguments, Options& options, std::FILE* errors);

void print_help(std::FILE* out);

}  // namespace mote::tool

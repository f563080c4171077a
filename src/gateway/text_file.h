// Reads the files that the configuration names. Before the gateway is ready, so it may use the heap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace mote::gateway {

inline constexpr std::size_t kMostFileBytes = std::size_t{1024} * 1024;

struct TextFile {
  std::optional<std::string> text;  // Null if the file cannot be read; `error` is the reason.
  std::string error;
};

// A secret is refused if others may read it, or if they or the group may change it.
enum class FileKind : std::uint8_t { Public, Secret };

// Reads a whole regular file of at most kMostFileBytes. Never waits for a writer, as reading a FIFO would.
TextFile read_text_file(const std::string& path, FileKind kind = FileKind::Public);

}  // namespace mote::gateway

// Small files, read whole.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace mote::gateway {

inline constexpr std::size_t kMostFileBytes = std::size_t{1024} * 1024;

// Null when the file cannot be read; errno says why (EFBIG when it has more than kMostFileBytes).
std::optional<std::string> read_text_file(const std::string& path);

}  // namespace mote::gateway

// The recorded sessions of http2jp/hpack-test-case: a story is one connection, its cases the header blocks in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "support/hpack_feed.h"

namespace mote::test {

struct StoryCase {
  std::vector<std::uint8_t> wire;
  std::vector<Field> fields;
  std::optional<std::size_t> header_table_size;  // the limit in force from this block on, if it changes
};

// Empty if the file is not a story.
std::vector<StoryCase> read_story(const std::filesystem::path& file);

}  // namespace mote::test

// Header blocks that four other encoders wrote, decoded whole, byte by byte and in random pieces. The recordings lie
// beside the checkout, or in $HPACK_TEST_CASES; without them the test is skipped.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "story.h"
#include "support/cmocka_test.h"
#include "support/hpack_feed.h"
#include "support/seed.h"

using mote::hpack::Decoder;
using mote::test::Field;
using mote::test::StoryCase;

namespace {

constexpr int kSkipped = 77;  // SKIP_RETURN_CODE of this test

std::filesystem::path folder() {
  const char* chosen = std::getenv("HPACK_TEST_CASES");
  return chosen != nullptr ? std::filesystem::path(chosen)
                           : std::filesystem::path(MOTE_BESIDE_CHECKOUT) / "shared/hpack-test-case";
}

std::vector<std::filesystem::path> story_files() {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder(), none)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// HPACK has fields that must not be indexed, but the recordings do not show them.
std::vector<Field> without_marks(std::vector<Field> fields) {
  for (Field& field : fields)
    field.never_indexed = false;
  return fields;
}

struct Counts {
  std::size_t stories = 0;
  std::size_t blocks = 0;
  std::size_t fields = 0;
};

template <typename NextSize>
Counts decode_stories(NextSize next_size) {
  Counts counts;
  for (const auto& file : story_files()) {
    const std::vector<StoryCase> story = mote::test::read_story(file);
    if (story.empty()) fail_msg("%s is no story", file.c_str());
    std::vector<std::uint8_t> storage(Decoder::kDefaultTableBytes);
    Decoder decoder(storage);
    for (const StoryCase& story_case : story) {
      if (story_case.header_table_size) decoder.set_max_table_bytes(*story_case.header_table_size);
      const auto block = mote::test::decode_in_pieces(decoder, story_case.wire, 4096, next_size);
      if (!block.accepted || without_marks(block.fields) != story_case.fields)
        fail_msg("%s, block %zu", file.c_str(), counts.blocks);
      ++counts.blocks;
      counts.fields += block.fields.size();
    }
    ++counts.stories;
  }
  std::printf("%zu stories, %zu blocks, %zu fields\n", counts.stories, counts.blocks, counts.fields);
  return counts;
}

void decodes_whole_blocks(void**) {
  const Counts counts = decode_stories([] { return std::size_t{1} << 20; });
  assert_true(counts.fields > counts.blocks && counts.blocks > counts.stories);
}

void decodes_byte_by_byte(void**) {
  decode_stories([] { return std::size_t{1}; });
}

void decodes_in_random_pieces(void**) {
  std::mt19937 random = mote::test::seeded_random();
  decode_stories([&] { return mote::test::pick(random, 40); });
}

}  // namespace

int main() {
  if (story_files().empty()) {
    std::printf("SKIPPED: no recorded HPACK sessions in %s; set HPACK_TEST_CASES\n", folder().c_str());
    return kSkipped;
  }
  const CMUnitTest tests[] = {
      cmocka_unit_test(decodes_whole_blocks),
      cmocka_unit_test(decodes_byte_by_byte),
      cmocka_unit_test(decodes_in_random_pieces),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

// Decodes and encodes messages of every.proto with src/codec, for features_test.py. On stdin and stdout: a line "MESSAGE HOW
// SIZE", then the bytes. HOW is `same`, which encodes what was decoded, or `array`, which copies lists into arrays and
// encodes these. The answer is "ok SIZE" and the bytes, or "refused REASON".
#include <array>
#include <cstdio>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "every.mote.h"

namespace {

using namespace mote;

std::string answer_of(const codec::EncodeResult& size, const pb_msgdesc_t* fields, const void* message) {
  if (!size.ok()) return "refused " + std::string(size.reason) + "\n";
  std::vector<std::uint8_t> bytes(size.size);
  const codec::EncodeResult written = codec::encode_to(bytes, fields, message);
  if (!written.ok() || written.size != size.size) return "refused: the size differs from the announced size\n";
  return "ok " + std::to_string(bytes.size()) + "\n" + std::string(as_text(bytes));
}

// Copies the elements of a list into an array, and makes the list refer to the array, which outlives it.
template <class Element>
void copy(ListOf<Element>& list) {
  static std::deque<std::vector<Element>> arrays;
  static std::deque<std::unique_ptr<bool[]>> bools;
  if constexpr (std::is_same_v<Element, bool>) {
    bool* const array = bools.emplace_back(std::make_unique<bool[]>(list.size() + 1)).get();
    std::size_t count = 0;
    for (const bool element : list)
      array[count++] = element;
    list = list_of(std::span<const bool>(array, count));
  } else {
    std::vector<Element>& array = arrays.emplace_back();
    for (const Element& element : list)
      array.push_back(element);
    list = list_of(array);
  }
}

void copy_lists(every_v1_Repeated& message) {
  copy(message.f64);
  copy(message.f32);
  copy(message.i32);
  copy(message.i64);
  copy(message.u32);
  copy(message.u64);
  copy(message.s32);
  copy(message.s64);
  copy(message.x32);
  copy(message.x64);
  copy(message.y32);
  copy(message.y64);
  copy(message.flag);
  copy(message.text);
  copy(message.blob);
  copy(message.color);
  copy(message.inner);
  copy(message.plain);
}

void copy_lists(every_v1_Map& message) {
  copy(message.texts);
  copy(message.inner);
  copy(message.colors);
  copy(message.blobs);
  copy(message.numbers);
}

void copy_lists(every_v1_Undecoded& message) {
  copy(message.values);
}

template <class Message>
void copy_lists(Message&) {
}

template <class Message>
std::string recoded(std::string_view bytes, bool arrays) {
  // In two pieces, so that a value may be split.
  const Bytes all = as_bytes(bytes);
  const std::size_t half = all.size() / 2;
  const mote_piece second{nullptr, all.data() + half, all.size() - half};
  const mote_piece first{&second, all.data(), half};
  Message message{};
  const codec::DecodeResult decoded = codec::decode(&first, all.size(), message);
  if (!decoded.ok()) return "refused " + std::string(decoded.reason) + "\n";
  if (arrays) copy_lists(message);
  return answer_of(codec::encoded_size(message), nanopb::MessageDescriptor<Message>::fields(), &message);
}

struct Kind {
  std::string_view name;
  std::string (*recode)(std::string_view bytes, bool arrays);
};

constexpr std::array kKinds = {
    Kind{"Singular", recoded<every::v1::Singular>},   Kind{"Optional", recoded<every::v1::Optional>},
    Kind{"Repeated", recoded<every::v1::Repeated>},   Kind{"Map", recoded<every::v1::Map>},
    Kind{"Choice", recoded<every::v1::Choice>},       Kind{"Nested", recoded<every::v1::Nested>},
    Kind{"WellKnown", recoded<every::v1::WellKnown>}, Kind{"Undecoded", recoded<every::v1::Undecoded>},
};

}  // namespace

int main() {
  std::array<char, 32> name{};
  std::array<char, 32> how{};
  std::size_t size = 0;
  while (std::scanf("%31s %31s %zu", name.data(), how.data(), &size) == 3 && std::getchar() == '\n') {
    std::string bytes(size, '\0');
    if (std::fread(bytes.data(), 1, size, stdin) != size) return 1;
    for (const Kind& kind : kKinds) {
      if (kind.name != name.data()) continue;
      const std::string answer = kind.recode(bytes, std::string_view(how.data()) == "array");
      std::fwrite(answer.data(), 1, answer.size(), stdout);
    }
    std::fflush(stdout);
  }
  return 0;
}

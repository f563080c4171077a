// The named differences between nanopb and protobuf (src/codec/message.h), found in bytes by a reader of its own.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

namespace mote::codec {

enum class Kind { Text, Uint32, Uint64, Bool, Message };

struct Shape {
  struct Field {
    Kind kind;
    const Shape* message = nullptr;
  };
  std::map<std::uint64_t, Field> fields;
};

// Whether `bytes`, read as a message of that shape, hold one of the differences before anything that both refuse.
bool has_oddity(std::string_view bytes, const Shape& shape);

}  // namespace mote::codec

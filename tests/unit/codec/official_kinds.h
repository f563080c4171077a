// What protobuf's own code reads from bytes of kinds.proto, behind plain types: its kinds.pb.h and nanopb's have one name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace official {

// The message kinds.Everything that the bytes hold, written again without its unknown fields; nothing where protobuf refuses
// the bytes.
std::optional<std::string> everything(std::string_view bytes);

}  // namespace official

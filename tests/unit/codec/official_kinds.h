// Decodes kinds.proto with protobuf's own code. The interface has plain types, because its kinds.pb.h has the same name as nanopb's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace official {

// The message kinds.Everything that the bytes hold, written again without its unknown fields; nothing where protobuf refuses
// the bytes.
std::optional<std::string> everything(std::string_view bytes);

}  // namespace official

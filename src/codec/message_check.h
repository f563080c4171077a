// Whether an encoded message is well formed, without a struct to decode it into. Internal to src/codec.
#pragma once

#include <pb.h>

#include "mote/bytes.h"
#include "mote/message.h"

namespace mote::codec {

// Checks the message `value`, which `fields` describes, and the messages inside it: tags, lengths, numbers, UTF-8, and the
// nesting (kMaxNesting). Sizes that an .options file limits are not checked.
[[nodiscard]] DecodeResult check(const mote_bytes& value, const pb_msgdesc_t* fields);

}  // namespace mote::codec

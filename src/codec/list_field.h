// A mote_list as a field of a message. Internal to src/codec.
#pragma once

#include <pb.h>

#include "mote/list.h"

namespace mote::codec {

// Adds what the stream holds, one element or packed numbers, to the list. The stream is a mote_piece_stream().
bool decode_list(pb_istream_t* input, const pb_field_t& field, mote_list& list);

// Writes all elements with their tags.
bool encode_list(pb_ostream_t* output, const pb_field_t& field, const mote_list& list);

}  // namespace mote::codec

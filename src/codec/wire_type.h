// The wire type of a field. Internal to src/codec.
#pragma once

#include <pb.h>

#include "codec/message_reader.h"

namespace mote::codec {

// `type` as nanopb's field descriptors have it.
inline WireType wire_type_of(pb_type_t type) {
  switch (PB_LTYPE(type)) {
    case PB_LTYPE_BOOL:
    case PB_LTYPE_VARINT:
    case PB_LTYPE_UVARINT:
    case PB_LTYPE_SVARINT:
      return WireType::Varint;
    case PB_LTYPE_FIXED32:
      return WireType::Fixed32;
    case PB_LTYPE_FIXED64:
      return WireType::Fixed64;
    default:
      return WireType::Length;
  }
}

}  // namespace mote::codec

// The faults of a peer that end its connection (RFC 9113 5.4.1), each with the code and the reason of its GOAWAY.
//
// A build with MOTE_SMALL sends PROTOCOL_ERROR without a reason for every fault, which RFC 9113 7 allows. This saves a
// kilobyte of flash.
#pragma once

#include <cstdint>
#include <string_view>

#include "http2/constants.h"

namespace mote::http2 {

enum class Fault : std::uint8_t {
  Preface,
  FirstFrame,
  FrameSize,
  FrameStream,
  BlockInterrupted,
  StrayContinuation,
  Push,
  Hpack,
  Resets,
  IdleFrames,
  Padding,
  ConnectionWindow,
  IdleData,
  IdleReset,
  IdleUpdate,
  EnablePush,
  InitialWindow,
  MaxFrameSize,
  WindowOverflow,
  EvenId,
  HeaderFrames,
  BlockCutShort,
  UpdateOfZero,
  ClosedHeaders,
  PassedOverHeaders,
  SelfDependency,
  StreamWindow,
  HeaderBlockSize,
  Last = HeaderBlockSize,
};

#ifdef MOTE_SMALL

[[nodiscard]] constexpr ErrorCode code_of(Fault) {
  return ErrorCode::ProtocolError;
}
[[nodiscard]] constexpr std::string_view reason_of(Fault) {
  return {};
}

#else

[[nodiscard]] ErrorCode code_of(Fault fault);

// Constant text for a log, NUL-terminated.
[[nodiscard]] std::string_view reason_of(Fault fault);

#endif

}  // namespace mote::http2

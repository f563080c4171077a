// The faults of a peer that end its connection (RFC 9113 5.4.1), each with the code and the reason of its GOAWAY.
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/http2.h"

namespace mote::wire {

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
  IdleHeaders,
  HeaderFrames,
  NoTable,
  BlockCutShort,
  UpdateOfZero,
  ClosedHeaders,
  PassedOverHeaders,
  Response,
  StreamWindow,
};

[[nodiscard]] ErrorCode code_of(Fault fault);

// Constant text for a person's log, with a NUL behind it. Empty in a build with MOTE_SMALL, which saves 800 bytes of flash.
[[nodiscard]] std::string_view reason_of(Fault fault);

}  // namespace mote::wire

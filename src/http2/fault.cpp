#include "http2/fault.h"

#ifndef MOTE_SMALL

#include <array>
#include <cstddef>

#include "bytes/text_pool.h"

namespace mote::http2 {

namespace {

struct Row {
  Fault fault;
  ErrorCode code;
  std::string_view reason;
};

constexpr auto kRows = std::to_array<Row>({
    {Fault::Preface, ErrorCode::ProtocolError, "not an HTTP/2 connection preface"},
    {Fault::FirstFrame, ErrorCode::ProtocolError, "the first frame is not SETTINGS"},
    {Fault::FrameSize, ErrorCode::FrameSizeError, "frame of a wrong size"},
    {Fault::FrameStream, ErrorCode::ProtocolError, "frame on a wrong stream"},
    {Fault::BlockInterrupted, ErrorCode::ProtocolError, "header block interrupted"},
    {Fault::StrayContinuation, ErrorCode::ProtocolError, "CONTINUATION without a header block"},
    {Fault::Push, ErrorCode::ProtocolError, "PUSH_PROMISE"},
    {Fault::Hpack, ErrorCode::CompressionError, "HPACK"},
    {Fault::Resets, ErrorCode::EnhanceYourCalm, "too many resets"},
    {Fault::IdleFrames, ErrorCode::EnhanceYourCalm, "too many frames without progress"},
    {Fault::Padding, ErrorCode::ProtocolError, "padding longer than its frame"},
    {Fault::ConnectionWindow, ErrorCode::FlowControlError, "DATA beyond the connection's window"},
    {Fault::IdleData, ErrorCode::ProtocolError, "DATA on an idle stream"},
    {Fault::IdleReset, ErrorCode::ProtocolError, "RST_STREAM on an idle stream"},
    {Fault::IdleUpdate, ErrorCode::ProtocolError, "WINDOW_UPDATE on an idle stream"},
    {Fault::EnablePush, ErrorCode::ProtocolError, "SETTINGS_ENABLE_PUSH"},
    {Fault::InitialWindow, ErrorCode::FlowControlError, "SETTINGS_INITIAL_WINDOW_SIZE"},
    {Fault::MaxFrameSize, ErrorCode::ProtocolError, "SETTINGS_MAX_FRAME_SIZE"},
    {Fault::WindowOverflow, ErrorCode::FlowControlError, "window above 2^31-1"},
    {Fault::EvenId, ErrorCode::ProtocolError, "a client's stream with an even id"},
    {Fault::HeaderFrames, ErrorCode::EnhanceYourCalm, "header block in too many frames"},
    {Fault::BlockCutShort, ErrorCode::CompressionError, "header block cut short"},
    {Fault::UpdateOfZero, ErrorCode::ProtocolError, "WINDOW_UPDATE of 0"},
    {Fault::ClosedHeaders, ErrorCode::StreamClosed, "HEADERS on a closed stream"},
    {Fault::PassedOverHeaders, ErrorCode::ProtocolError, "HEADERS on a closed stream"},
    {Fault::SelfDependency, ErrorCode::ProtocolError, "an idle stream that depends on itself"},
    {Fault::StreamWindow, ErrorCode::FlowControlError, "DATA beyond the stream's window"},
    {Fault::HeaderBlockSize, ErrorCode::EnhanceYourCalm, "header block far above the limits"},
});

constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::Last) + 1;

static_assert(kRows.size() == kFaults, "every fault has one row");

constexpr std::size_t number_of(Fault fault) {
  return static_cast<std::size_t>(fault);
}

consteval std::array<std::uint8_t, kFaults> make_codes() {
  std::array<std::uint8_t, kFaults> codes{};
  for (const Row& row : kRows)
    codes.at(number_of(row.fault)) = static_cast<std::uint8_t>(row.code);
  return codes;
}

constexpr std::array<std::uint8_t, kFaults> kCodes = make_codes();
using Reasons = TextTable<[] {
  NumberedTexts<kFaults> reasons;
  for (const Row& row : kRows)
    reasons.set(number_of(row.fault), row.reason);
  return reasons;
}>;

}  // namespace

ErrorCode code_of(Fault fault) {
  return static_cast<ErrorCode>(kCodes[number_of(fault)]);
}

std::string_view reason_of(Fault fault) {
  return Reasons::at(number_of(fault));
}

}  // namespace mote::http2

#endif

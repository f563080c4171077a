#include "http2/fault.h"

#ifndef MOTE_SMALL

#include <algorithm>
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

// The rows in the order of Fault, with the code in a byte.
struct Table {
  std::array<std::uint8_t, kFaults> codes{};
  std::array<TextPlace, kFaults> reasons{};
  TextPool texts;
};

consteval Table in_order() {
  Table table;
  for (const Row& row : kRows) {
    const auto index = static_cast<std::size_t>(row.fault);
    table.codes[index] = static_cast<std::uint8_t>(row.code);
    table.reasons[index] = table.texts.add({row.reason.data(), row.reason.size() + 1});
    --table.reasons[index].size;  // The zero byte stands there, and does not count.
  }
  return table;
}

constexpr Table kTable = in_order();
constexpr std::array<std::uint8_t, kFaults> kCodes = kTable.codes;
constexpr std::array<TextPlace, kFaults> kReasons = kTable.reasons;
constexpr auto kTexts = kTable.texts.exact<kTable.texts.all().size()>();

static_assert(kRows.size() == kFaults && std::ranges::all_of(kReasons, [](TextPlace place) { return place.size != 0; }),
              "every fault has one row");

}  // namespace

ErrorCode code_of(Fault fault) {
  return static_cast<ErrorCode>(kCodes[static_cast<std::uint8_t>(fault)]);
}

std::string_view reason_of(Fault fault) {
  return kReasons[static_cast<std::uint8_t>(fault)].in({kTexts.data(), kTexts.size()});
}

}  // namespace mote::http2

#endif

// How a Connection receives the rest of a large message: straight into its blocks (message_read.h).
#include "engine/lean/connection.h"
#include "engine/lean/message_read.h"

namespace mote::lean {

namespace {

// Fewer bytes are sooner copied.
constexpr std::size_t kLeastBytes = 8192;

}  // namespace

StreamCall* Connection::large_message() {
  if (!stream().gathers()) return nullptr;
  auto& call = static_cast<StreamCall&>(*http2_.stream_of_data());
  return call.bytes_for_room() >= kLeastBytes ? &call : nullptr;
}

// Up to three frames are within the budget of any turn, and its send buffer has room for what they may cause.
std::size_t Connection::read_message(StreamCall& call) {
  MessageRead reading(http2_.frame_at_hand(), http2_.payload_left(), call.room(), call.bytes_for_room(),
                      core_.receive_buffer);
  const IoResult result = stream().read_parts(reading.parts());
  if (result.io == Io::Closed) peer_gone_ = true;
  if (result.io != Io::Done) return 0;
  note_read(result.size);
  const std::size_t behind = reading.take(result.size);
  refill_budgets();
  bool open = true;
  for (const MessageRead::Frame& frame : reading.frames()) {
    if (!frame.header.empty()) (void)http2_.receive(frame.header, core_.scratch, out_, core_.turn);
    if (http2_.failed()) return behind;
    open = http2_.stream_of_data() == &call;  // Otherwise the frame was an error.
    if (open) call.take_written(frame.bytes);
    http2_.skip_data(frame.bytes);
  }
  if (open) settle(call);
  return behind;
}

}  // namespace mote::lean

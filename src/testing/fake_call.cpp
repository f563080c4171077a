#include "mote/testing/fake_call.h"

#include <algorithm>

#include "bytes/byte_writer.h"
#include "testing/fail_test.h"

namespace mote::testing {

// Each entry has its own piece. Earlier results stay valid as long as the call exists.
rpc::Metadata FakeCall::metadata() const {
  mote_piece* first = nullptr;
  for (const auto& [name, value] : request_metadata) {
    std::vector<std::uint8_t>& entry = packed_.emplace_back(rpc::Metadata::packed_size(name, value));
    ByteWriter out(entry);
    if (!rpc::Metadata::pack(out, name, value)) fail_test("request metadata is too large: " + name);
    mote_piece* const last = first == nullptr ? nullptr : &metadata_.back();
    metadata_.push_back({nullptr, entry.data(), entry.size()});
    if (last != nullptr) last->next = &metadata_.back();
    if (first == nullptr) first = &metadata_.back();
  }
  return first == nullptr ? rpc::Metadata() : rpc::Metadata(first);
}

bool FakeCall::spend_memory() {
  if (memory != 0) {
    --memory;
    return true;
  }
  finish(rpc::StatusCode::ResourceExhausted, "out of memory");
  return false;
}

std::optional<mote_bytes> FakeCall::keep(const mote_bytes& bytes) {
  if (!spend_memory()) return std::nullopt;
  std::string& copy = kept_.emplace_back(mote_bytes_size(&bytes), '\0');
  mote_bytes_copy(&bytes, copy.data(), copy.size());
  pieces_.push_back({nullptr, as_bytes(copy).data(), copy.size()});
  return mote_bytes{nullptr, &pieces_.back(), 0, 0, copy.size()};
}

bool FakeCall::add_initial_metadata(std::string_view name, std::string_view value) {
  if (!spend_memory()) return false;
  initial_was_late = initial_was_late || !replies.empty();
  initial.emplace_back(name, value);
  return true;
}

bool FakeCall::add_trailing_metadata(std::string_view name, std::string_view value) {
  if (!spend_memory()) return false;
  trailing.emplace_back(name, value);
  return true;
}

bool FakeCall::send(const pb_msgdesc_t* fields, const void* message) {
  if (finished() || !spend_memory()) return false;
  const codec::EncodeResult size = codec::encoded_size(fields, message);
  std::vector<std::uint8_t> buffer(size.size);
  if (!size.ok() || !codec::encode_to(buffer, fields, message).ok()) {
    finish(rpc::StatusCode::Internal, size.ok() ? "" : size.reason);
    return false;
  }
  replies.emplace_back(as_text(buffer));
  if (room != 0) --room;
  return true;
}

bool FakeCall::queue(Bytes bytes) {
  if (finished() || !spend_memory()) return false;
  queued_.insert(queued_.end(), bytes.begin(), bytes.end());
  return true;
}

std::size_t FakeCall::take_queued(MutableBytes to) {
  const std::size_t size = std::min(to.size(), queued_.size());
  const auto taken = queued_.begin() + static_cast<std::ptrdiff_t>(size);
  std::copy(queued_.begin(), taken, to.begin());
  queued_.erase(queued_.begin(), taken);
  return size;
}

void FakeCall::decode_reply(std::size_t index, const pb_msgdesc_t* fields, void* message) {
  if (index >= replies.size()) fail_test("there is no reply " + std::to_string(index));
  const std::string& reply = replies[index];
  pieces_.push_back({nullptr, as_bytes(reply).data(), reply.size()});
  const codec::DecodeResult decoded = codec::decode(&pieces_.back(), reply.size(), fields, message);
  if (!decoded.ok()) fail_test("reply " + std::to_string(index) + " is of another type: " + decoded.reason);
}

void FakeCall::finish(rpc::StatusCode code, std::string_view message) {
  if (finished()) return;
  status = code;
  status_message = rpc::sent_message(message);
}

}  // namespace mote::testing

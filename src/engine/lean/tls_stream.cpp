#include "engine/lean/tls_stream.h"

#include <algorithm>

#include "engine/clock.h"

namespace mote::lean {

namespace {

constexpr std::string_view kOutOfMemory = "no memory for records that wait";

// The size of the record at the front, or 0 if its header has not arrived.
std::size_t record_size(Bytes bytes) {
  if (bytes.size() < tls::kRecordHeaderBytes) return 0;
  return tls::kRecordHeaderBytes + bytes[3] * std::size_t{256} + bytes[4];
}

bool starts_with_record(Bytes bytes) {
  const std::size_t size = record_size(bytes);
  return size != 0 && size <= bytes.size();
}

}  // namespace

TlsStream::TlsStream(TlsShared& shared, ByteStream& socket, BlockShare& share)
    : shared_(shared), socket_(socket), share_(share) {
}

TlsStream::~TlsStream() {
  arrived_.clear(share_);
  opened_.clear(share_);
  sealed_.clear(share_);
}

TlsStream::Handshake TlsStream::handshake() {
  if (!flush()) return socket_closed_ ? Handshake::Failed : Handshake::Waits;
  if (shared_.stepped) return Handshake::Again;
  if (shared_.delayed) return shared_.share.note_wait() ? Handshake::Delayed : Handshake::Again;
  shared_.stepped = true;
  const rpc::Time begun = engine::steady_clock();
  const tls::Session::Handshake step = session_.step(*this);
  shared_.share.note_step(engine::steady_clock() - begun);
  flush_records();
  if (socket_closed_ || out_of_memory_) return Handshake::Failed;
  switch (step) {
    case tls::Session::Handshake::Again:
      return Handshake::Again;
    case tls::Session::Handshake::Waits:
      return Handshake::Waits;
    case tls::Session::Handshake::Over:
      return Handshake::Over;
    case tls::Session::Handshake::Failed:
      break;
  }
  return Handshake::Failed;
}

std::string_view TlsStream::failure() const {
  // Where the client has closed the socket, the session can know why: its alert did not arrive any more.
  return out_of_memory_ ? kOutOfMemory : session_.failure();
}

std::string_view TlsStream::fault() const {
  if (out_of_memory_) return kOutOfMemory;
  if (session_.ended()) return session_.fault();
  if (record_too_long_) return "a record is too long";
  return socket_closed_ && !arrived_.empty() ? "the connection ended inside a record" : std::string_view{};
}

// --- Reading ---

IoResult TlsStream::read(MutableBytes to) {
  if (out_of_memory_) return {Io::Closed};  // Bytes are missing.
  std::size_t size = opened_.move_to(share_, to);
  if (size == to.size()) return {Io::Done, size};
  Bytes records = gather();
  size += open_records(records, to.subspan(size));
  whole_waits_ = starts_with_record(records);
  record_too_long_ = record_size(records) > tls::kMostRecordBytes;
  if (!arrived_.append(share_, records)) out_of_memory_ = true;
  if (size != 0) return {Io::Done, size};
  const bool over = socket_closed_ || session_.ended() || out_of_memory_ || record_too_long_;
  return {over ? Io::Closed : Io::WouldBlock};
}

// Brings what has arrived into the shared buffer.
Bytes TlsStream::gather() {
  std::size_t size = arrived_.move_to(share_, shared_.arrived);
  if (!whole_waits_ && size != shared_.arrived.size()) {
    const IoResult result = socket_.read(shared_.arrived.subspan(size));
    if (result.io == Io::Closed) socket_closed_ = true;
    size += result.size;
  }
  return shared_.arrived.first(size);
}

// Opens whole records at the front of `records` while the plaintext has room, and removes them from there.
std::size_t TlsStream::open_records(Bytes& records, MutableBytes to) {
  std::size_t opened = 0;
  while (opened < to.size() && !session_.ended() && starts_with_record(records)) {
    record_ = records.first(record_size(records));
    records = records.subspan(record_.size());
    opened += open_record(to.subspan(opened));
  }
  flush_records();
  return opened;
}

// Opens record_. Plaintext that has no room waits in blocks.
std::size_t TlsStream::open_record(MutableBytes to) {
  // The plaintext is shorter than the record.
  if (record_.size() <= to.size()) return session_.read(*this, shared_.buffers, to);
  const std::size_t size = session_.read(*this, shared_.buffers, shared_.opened);
  const std::size_t now = std::min(size, to.size());
  std::copy_n(shared_.opened.begin(), now, to.begin());
  if (!opened_.append(share_, shared_.opened.subspan(now, size - now))) out_of_memory_ = true;
  return now;
}

std::size_t TlsStream::receive(MutableBytes to) {
  if (!session_.established()) {
    if (!arrived_.empty()) return arrived_.move_to(share_, to);
    const IoResult result = socket_.read(to);
    if (result.io == Io::Closed) socket_closed_ = true;
    return result.size;
  }
  const std::size_t size = std::min(to.size(), record_.size());
  std::copy_n(record_.begin(), size, to.begin());
  record_ = record_.subspan(size);
  return size;
}

// --- Writing ---

// The rule of ByteStream: after WouldBlock, the same bytes are written again. Here they may be in records already.
IoResult TlsStream::write(Bytes from) {
  if (socket_closed_ || session_.ended() || out_of_memory_ || shut_down_) return {Io::Closed};
  const std::size_t before = sealed_.size();
  const bool flushed = flush();
  if (socket_closed_) return {Io::Closed};
  if (written_ != 0) {
    // Progress is reported as it is made, but for the last byte, which stands for the rest of the records.
    const std::size_t most = flushed ? written_ : std::min(before - sealed_.size(), written_ - 1);
    const std::size_t size = std::min(most, from.size());
    written_ -= size;
    return size == 0 ? IoResult{Io::WouldBlock} : IoResult{Io::Done, size};
  }
  if (!flushed) return {Io::WouldBlock};
  std::size_t size = 0;
  while (size < std::min(from.size(), TlsShared::kBatchBytes)) {
    const std::size_t sealed = session_.write(
        *this, shared_.buffers, from.subspan(size).first(std::min(from.size() - size, tls::kMostSentBytes)));
    if (sealed == 0) return {Io::Closed};
    size += sealed;
  }
  flush_records();
  if (socket_closed_ || out_of_memory_) return {Io::Closed};
  if (sealed_.empty()) return {Io::Done, size};
  written_ = size;
  return {Io::WouldBlock};
}

void TlsStream::shut_down() {
  if (!shut_down_) session_.close(*this, shared_.buffers);
  shut_down_ = true;
  flush_records();
  if (flush()) socket_.shut_down();
}

void TlsStream::send(Bytes bytes) {
  if (shut_down_) return;  // An alert about what still arrives: nothing follows close_notify.
  if (shared_.sealed.size() - sealed_size_ < bytes.size()) flush_records();
  std::copy(bytes.begin(), bytes.end(), shared_.sealed.subspan(sealed_size_).begin());
  sealed_size_ += bytes.size();
}

// Sends what send() has collected, behind what waits already; what the socket does not take waits in blocks.
void TlsStream::flush_records() {
  Bytes rest = shared_.sealed.first(sealed_size_);
  sealed_size_ = 0;
  while (!rest.empty() && flush()) {
    const IoResult result = socket_.write(rest);
    if (result.io == Io::Closed) socket_closed_ = true;
    if (result.io != Io::Done) break;
    rest = rest.subspan(result.size);
  }
  if (!rest.empty() && !socket_closed_ && !sealed_.append(share_, rest)) out_of_memory_ = true;
}

// Returns whether no record waits.
bool TlsStream::flush() {
  while (!sealed_.empty()) {
    const IoResult result = socket_.write(sealed_.front());
    if (result.io == Io::Closed) socket_closed_ = true;
    if (result.io != Io::Done) return false;
    sealed_.discard(share_, result.size);
  }
  return !socket_closed_;
}

}  // namespace mote::lean

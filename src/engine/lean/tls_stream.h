// The byte stream of a socket with TLS (tls/session.h).
//
// Records go through buffers that all connections share. What outlives a read or a write is kept in blocks of the connection's
// share: records that have arrived in part, plaintext for which the reader had no room, and records that the socket has not taken.
#pragma once

#include "engine/lean/block_pool.h"
#include "engine/lean/byte_stream.h"
#include "engine/lean/tls_shared.h"
#include "tls/session.h"

namespace mote::lean {

class TlsStream final : public ByteStream, private tls::Records {
 public:
  // `socket` and `share` are those of the connection.
  TlsStream(TlsShared& shared, ByteStream& socket, BlockShare& share);
  ~TlsStream();

  enum class Handshake : std::uint8_t {
    Waits,    // For the client, or for a place.
    Again,    // Call again in the next turn of the loop.
    Delayed,  // The same: other connections have work (handshake_share.h). Returned once in a delay.
    Over,     // The stream is open.
    Failed,   // failure() has the reason; close the connection.
  };
  [[nodiscard]] bool open() const { return session_.established(); }
  // The client's first bytes have arrived: the handshake takes memory. False: there is no place.
  [[nodiscard]] bool begin() { return session_.begin(*shared_.context); }
  [[nodiscard]] bool begun() const { return session_.begun(); }
  [[nodiscard]] const tls::Session& session() const { return session_; }
  // One step, if no other connection has had one in this turn of the loop.
  Handshake handshake();
  [[nodiscard]] std::string_view failure() const;
  // Why the open stream is closed; empty if that is no fault.
  [[nodiscard]] std::string_view fault() const;
  // Bytes that the caller has received: they come first in the handshake. False: there is no memory for them.
  [[nodiscard]] bool prepend(Bytes bytes) { return arrived_.append(share_, bytes); }
  // The handshake has failed: releases its memory.
  void discard() { session_.discard(); }

  IoResult read(MutableBytes to) override;
  IoResult write(Bytes from) override;
  void shut_down() override;
  [[nodiscard]] bool input_waits() const override { return whole_waits_ || !opened_.empty(); }
  // The socket has not taken all of an alert or of the handshake's last message.
  [[nodiscard]] bool flushed() const { return sealed_.empty(); }

 private:
  // --- tls::Records ---
  std::size_t receive(MutableBytes to) override;
  void send(Bytes bytes) override;

  Bytes gather();
  std::size_t open_records(Bytes& records, MutableBytes to);
  std::size_t open_record(MutableBytes to);
  bool flush();
  void flush_records();

  TlsShared& shared_;
  ByteStream& socket_;
  BlockShare& share_;
  tls::Session session_;
  Bytes record_;                 // For receive(): the record to be opened. During the handshake, the socket is read.
  std::size_t sealed_size_ = 0;  // Bytes in shared_.sealed, while a function runs.
  BlockQueue arrived_;           // Records that are not opened yet.
  BlockQueue opened_;            // Plaintext that the reader had no room for.
  BlockQueue sealed_;            // Records that the socket has not taken.
  std::size_t written_ = 0;      // Plaintext in sealed_ whose write() has not returned Done.
  bool whole_waits_ = false;     // arrived_ begins with a whole record.
  bool socket_closed_ = false;
  bool out_of_memory_ = false;
  bool record_too_long_ = false;
  bool shut_down_ = false;
};

}  // namespace mote::lean

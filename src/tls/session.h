// The server's end of TLS on one connection. The owner moves records between the socket and the session; the session has no
// buffers of its own while it is idle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/span.h"
#include "tls/record_buffers.h"
#include "tls/server_context.h"

namespace mote::tls {

// The most that a record adds to its content (RFC 8446 5.2, RFC 5246 6.2.3), its header included.
inline constexpr std::size_t kRecordHeaderBytes = 5;
inline constexpr std::size_t kMostRecordBytes = kRecordHeaderBytes + 16384 + 2048;
// The most plaintext in one record of ours, and what the record adds to it.
inline constexpr std::size_t kMostSentBytes = MBEDTLS_SSL_OUT_CONTENT_LEN;
inline constexpr std::size_t kSentOverheadBytes = 5 + 8 + 16 + 1;

// Where records come from and go to.
class Records {
 public:
  // Fills `to` with what has arrived; returns 0 if nothing has.
  virtual std::size_t receive(MutableBytes to) = 0;
  // Takes all bytes.
  virtual void send(Bytes bytes) = 0;

 protected:
  ~Records() = default;
};

// A pair of record buffers that established sessions share.
struct RecordBuffers {
  unsigned char* in;   // mote_tls_in_buffer_bytes()
  unsigned char* out;  // mote_tls_out_buffer_bytes()
};

class Session {
 public:
  enum class Handshake : std::uint8_t {
    Again,   // A step is done; the next one can follow.
    Waits,   // For bytes of the client.
    Over,    // read() and write() may be called.
    Failed,  // failure() has the reason. An alert may have been sent.
  };

  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Takes the memory of a handshake. False: there is none. `context` must outlive the handshake.
  [[nodiscard]] bool begin(ServerContext& context);
  [[nodiscard]] bool begun() const { return stage_ != Stage::New; }
  [[nodiscard]] bool established() const { return stage_ == Stage::Established; }
  // One step of the handshake; one may take millions of instructions.
  Handshake step(Records& records);
  // A constant text.
  [[nodiscard]] std::string_view failure() const;
  // The same for an established session that has ended; empty if the client closed it.
  [[nodiscard]] std::string_view fault() const;
  // Releases the memory of a handshake that has failed. Only failure() may be called then.
  void discard();

  // The name that the client has proved in the handshake; empty if it has none. Of its certificate, or of its pre-shared key.
  // If the handshake has failed: the identity whose key it did not know.
  [[nodiscard]] std::string_view name() const { return {name_, name_size_}; }
  [[nodiscard]] bool has_psk() const { return psk_ == Psk::Known; }

  // For ServerContext: the client names its pre-shared key. `name` is empty if there is no such key. Returns whether the handshake
  // can use it.
  [[nodiscard]] bool take_identity(std::string_view name);

  // Decrypts records into `to`, which must have room for the content of one. `records` contains whole records only. Returns the
  // bytes of plaintext, 0 if there are none.
  std::size_t read(Records& records, const RecordBuffers& buffers, MutableBytes to);
  // The client has ended its direction, or the session has failed.
  [[nodiscard]] bool ended() const { return ended_; }
  // Encrypts one record from the front of `from`. Returns the bytes that it contains, 0 if the session has failed.
  std::size_t write(Records& records, const RecordBuffers& buffers, Bytes from);
  // Tells the client that nothing follows (close_notify).
  void close(Records& records, const RecordBuffers& buffers);

 private:
  enum class Stage : std::uint8_t { New, Handshake, Established };
  enum class Psk : std::uint8_t { None, Unknown, Known };

  static int receive(void* context, unsigned char* to, std::size_t size);
  static int send(void* context, const unsigned char* from, std::size_t size);
  void resume(Records& records, const RecordBuffers& buffers);
  void park();
  Handshake finish_handshake();
  Handshake refuse(int error);
  [[nodiscard]] bool keep_name(std::string_view name);
  [[nodiscard]] bool keep_proved_name();
  void leave_context();
  void fail(int error);

  ServerContext* context_ = nullptr;  // While it is needed.
  mbedtls_ssl_context ssl_{};
  mote_tls_parked parked_{};
  Records* records_ = nullptr;  // Of the function that runs.
  int error_ = 0;
  std::uint32_t verify_flags_ = 0;
  char* name_ = nullptr;         // Memory of the library.
  std::uint16_t most_sent_ = 0;  // Plaintext in a record.
  std::uint8_t name_size_ = 0;
  Psk psk_ = Psk::None;
  Stage stage_ = Stage::New;
  bool ended_ = false;
};

}  // namespace mote::tls

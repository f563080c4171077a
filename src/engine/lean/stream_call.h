// One call on one stream: rpc::Call over the windows and blocks of a connection. Calls are stored in a CallTable. A
// Connection opens them, passes them input, and releases them when flush() returns true.
//
// StreamCall has more than 25 data members and 40 functions because it implements rpc::Call, and because the
// request, the reply and the deadlines of a call are in one object, which is released as a whole. Receiving is in
// stream_call_receive.cpp, sending in stream_call_send.cpp, compression in stream_call_gzip.cpp, authorization in
// stream_call_access.cpp, gRPC-Web in stream_call_web.cpp; the head, the deadlines and the end are in stream_call.cpp.
#pragma once

#ifdef MOTE_TLS
#include "engine/lean/access.h"
#include "engine/lean/web_content.h"
#include "grpc_web/base64.h"
#endif
#include "engine/lean/block_pool.h"
#include "engine/lean/intrusive_queue.h"
#include "engine/lean/request_head.h"
#include "engine/lean/timer_heap.h"
#include "engine/limits.h"
#include "grpc_http2/message_framing.h"
#include "hpack/encoder.h"
#include "http2/server/server_connection.h"
#include "http2/stream.h"
#include "mote/rpc/method.h"
#include "mote/rpc/server.h"

namespace mote::lean {

class CallMetrics;
class Connection;

class StreamCall final : public rpc::Call, public http2::Stream, public Timer {
 public:
  explicit StreamCall(Connection& connection);
  // Ends the handler, if there is one, and releases every block.
  ~StreamCall();

  // --- The request ---

  void take_field(const hpack::HeaderField& field);
  // What the fields up to now contain, except for kept metadata.
  [[nodiscard]] const RequestHead& head() const { return head_; }
  [[nodiscard]] bool head_alone() const { return metadata_ == nullptr && !finished_; }
  void take_head(const RequestHead& head) { head_ = head; }
  void end_head(bool too_large);
  // A field section is malformed; `reason` is the status message. `content_type`: that is the malformed field.
  void refuse_malformed(std::string_view reason, bool content_type);
  // The peer is a gRPC client: it gets a status with the reason before its stream is reset. A POST with a malformed content
  // type is treated as one.
  [[nodiscard]] bool answers_malformed() const;
  // Splits DATA into messages and passes them to the handler. Returns how many bytes are left for the next turn: more than
  // 0 if decompression has spent the budget of this one.
  [[nodiscard]] std::size_t take_data(Bytes bytes);
  void take_half_close();
  // The peer's window has shrunk.
  void note_window() { window_due_ = true; }
  // For a call in Core::for_memory: whether memory and window for its message are available now.
  [[nodiscard]] bool could_be_admitted() const;
  // It is compressed and complete.
  [[nodiscard]] bool waits_to_be_inflated() const { return framing_.complete(); }
  void admit();

  // --- The reply ---

  // Sends what the windows and the send buffer allow. Returns true if the stream is closed and the caller releases the call.
  [[nodiscard]] bool flush();
  // Data waits to be sent, or a WINDOW_UPDATE may.
  [[nodiscard]] bool waiting() const { return finished_ || window_due_ || !replies_.empty(); }
  // Nothing can be sent until the peer opens its windows.
  [[nodiscard]] bool waits_for_window() const;
  // All replies are sent, or the server shuts down: the handler may continue.
  void ready();
  // A reset by the peer counts as early: within early-reset-ms, in the turn that opened the call or before its reply began,
  // and with more than half of its grpc-timeout left.
  [[nodiscard]] bool young() const;
  // The handler stopped sending because the call was congested.
  [[nodiscard]] bool held_back() const { return held_back_; }

  // It takes a place of reserved-streams, and message-timeout-ms bounds all of it.
  void reserve();
  [[nodiscard]] bool reserved() const { return reserved_; }
  [[nodiscard]] Time opened_at() const { return opened_at_; }
  // The last message in either direction, or the opening.
  [[nodiscard]] Time message_at() const { return message_at_; }
  // Memory that ending the call releases.
  [[nodiscard]] std::size_t held_bytes() const;
  // For a call in Core::for_memory: it waits for the pool alone; so many small blocks are needed.
  [[nodiscard]] bool waits_for_pool() const;
  [[nodiscard]] std::size_t small_to_admit() const { return small_for(bytes_to_admit()) + aside_; }
  // What its peer may send beyond a message that is admitted. Content of a request that is not a gRPC call needs no memory.
  [[nodiscard]] std::int32_t window_ahead() const;
  // What the window of the connection may have beside the promise: the rest of a message that has memory of the promise
  // (BlockShare::could_use_promise()). Less what the window is charged for already and needs such memory when it arrives.
  [[nodiscard]] std::int32_t window_beside_promise() const;
  // Of its message, which is admitted, bytes are missing.
  [[nodiscard]] bool rest_to_come() const { return in_message_ && !memory_link.linked && framing_.left() != 0; }
  // Bytes of its message that may be written into room(): its memory is reserved, and take_data() gets the last one.
  [[nodiscard]] std::size_t bytes_for_room() const {
    return rest_to_come() && !finished_ && form_ != Form::WebText ? framing_.left() - 1 : 0;
  }
  [[nodiscard]] ReservedRoom room() const { return message_.reserved_room(); }
  // `size` bytes of DATA were written there.
  void take_written(std::size_t size);
  // Ends the call with a status although its handler has not finished. Replies that are not sent yet are discarded.
  void end_unserved(rpc::StatusCode code, std::string_view message);
  // The last message in either direction, or the opening. A call whose deadline is at most a day away counts as never idle:
  // the present. So does one that another limit bounds: message-timeout-ms or write-stall-ms.
  [[nodiscard]] Time idle_since() const;

  [[nodiscard]] Connection& connection() const { return connection_; }

  // --- rpc::Call ---

  [[nodiscard]] const rpc::Server& server() const override;
  [[nodiscard]] rpc::Peer peer() const override;
  [[nodiscard]] rpc::Metadata metadata() const override;
  [[nodiscard]] std::optional<mote_bytes> keep(const mote_bytes& bytes) override;
  [[nodiscard]] std::uint64_t received_unix_us() const override;
  bool add_initial_metadata(std::string_view name, std::string_view value) override;
  bool add_trailing_metadata(std::string_view name, std::string_view value) override;
  using rpc::Call::send;
  bool send(const pb_msgdesc_t* fields, const void* message) override;
  [[nodiscard]] bool congested() const override;
  using rpc::Call::finish;
  void finish(rpc::StatusCode code, std::string_view message) override;
  [[nodiscard]] bool finished() const override { return finished_; }
  bool queue(Bytes bytes) override;
  std::size_t take_queued(MutableBytes to) override;
  [[nodiscard]] Time now() const override;
  void wake_at(Time time) override;
  [[nodiscard]] std::uint64_t unix_us() const override;

#ifdef MOTE_GZIP
  [[nodiscard]] bool message_compressed() const override {
    return framing_.compressed();
  }
  void compress_replies(bool allowed) override {
    compression_allowed_ = allowed;
  }
#endif

  void on_due() override;
  // Handles timers that have expired. Returns false if the caller must reset the call.
  [[nodiscard]] bool act_on_time();
  // The peer has accepted none of the waiting bytes for write-stall-ms.
  [[nodiscard]] bool stalled() const {
    return stall_due_ <= now();
  }
  // The timeout that has passed was extended before: the peer was not silent, but slower than min-progress-bytes.
  [[nodiscard]] bool slow() const {
    return slow_;
  }

  // Links of the lists of the owner.
  StreamCall* next_in_bucket = nullptr;
  QueueLink<StreamCall> waiting_link;
  QueueLink<StreamCall> memory_link;

 private:
  enum class Sent : std::uint8_t { Yes, NoRoom, Refused };
  enum class Form : std::uint8_t {
    Grpc,
    Plain,    // No call: it gets an HTTP status and a text.
    Web,      // gRPC-Web,
    WebText,  // and its text format.
  };
  // What the peer pays for a refused call when it is answered (http2::ServerConnection::charge_refusal()). A malformed or too
  // large header section is charged by the connection.
  enum class Charge : std::uint8_t { None, Own, Shared };
  // The window of a request that is not a gRPC call. Its content is discarded on arrival and takes no memory.
  static constexpr std::int32_t kPlainWindowBytes = http2::kDefaultWindowBytes;

  // The head.
  void begin(bool too_large);
  bool refuse_head();
  // finish() for a fault of the peer.
  void refuse(rpc::StatusCode code, std::string_view message);
  void refuse_path();
  void set_deadline();
#ifdef MOTE_TLS
  // The bearer token of the request (stream_call_access.cpp).
  [[nodiscard]] Access::Bearer bearer() const;
  // Whether the rules of `allow` permit the call. If not, it is finished.
  bool permitted();
#endif
#ifdef MOTE_TLS
  // The gRPC-Web of a connection that serves it (stream_call_web.cpp).
  [[nodiscard]] bool is_web() const {
    return form_ >= Form::Web;
  }
  [[nodiscard]] grpc_web::Format web_format() const {
    return form_ == Form::WebText ? grpc_web::Format::Text : grpc_web::Format::Binary;
  }
  // If the content type is one of gRPC-Web, the call takes its form.
  void begin_web();
  // The same. Returns 200, or the HTTP status for another content type or the page of a foreign site.
  std::uint16_t begin_other_type();
  // Of the answer to OPTIONS.
  [[nodiscard]] std::uint16_t preflight_status() const;
  // `allowed`, or the HTTP status for the page of a foreign site.
  [[nodiscard]] std::uint16_t status_for_page(std::uint16_t allowed) const;
  void add_page_fields(hpack::Encoder& encoder) const;
  // Decodes a part of the text and takes the messages in it. Returns false if the call is finished.
  bool take_text(ByteReader& in);
  // Sends replies, and then the trailers if they are `last`. False: it must go on later.
  bool send_web(bool last);
  bool send_text(const pb_msgdesc_t* fields, const void* message);
  [[nodiscard]] bool web_waits_for_window() const;
#else
  static void begin_web() {
  }
  static std::uint16_t begin_other_type() {
    return 415;
  }
  static std::uint16_t preflight_status() {
    return 405;
  }
#endif
  // A request that is not a gRPC call gets an HTTP status and a text when it ends, or after message-timeout-ms.
  void refuse_plainly(std::uint16_t http_status);
  void answer_plainly();

  // Messages. Each returns false if the call is finished.
  bool take_message(ByteReader& in);
  bool begin_message(std::size_t bytes_there);
  [[nodiscard]] bool lacks_window(std::size_t bytes_there) const;
  [[nodiscard]] bool fits_promise() const;
  bool store(Bytes piece);
  // Of its message, without what is stored.
  [[nodiscard]] std::size_t bytes_to_receive() const;
  [[nodiscard]] std::size_t bytes_to_admit() const;
  // The limit that a message waits for.
  [[nodiscard]] engine::LimitId limit_on_admission() const;
  void end_waiting();
  void hand_over(const mote_piece* pieces, std::size_t size);
  // Whether a compressed message can be read. If not, the call is finished.
  [[nodiscard]] bool accepts_compressed();
#ifdef MOTE_GZIP
  // `piece` is the end of a compressed message, and `in` what follows it. If there is no memory for what it contains, both wait.
  bool take_compressed(Bytes piece, ByteReader& in);
  // There is memory now for what a complete message contains: goes on with it and with what waits behind it.
  void take_waiting();
  enum class Inflated : std::uint8_t{Yes, NoRoom, Refused};
  // Appends what a compressed message contains to `to`. The message is `whole`, or if that is empty, at the front of message_,
  // where it is discarded. Refused: the call is finished.
  [[nodiscard]] Inflated inflate(Bytes whole, BlockQueue& to);
  void refuse_inflated();
#else
  static bool take_compressed(Bytes /*piece*/, ByteReader& /*in*/) {
    return false;
  }
  static void take_waiting() {
  }
#endif
  void end_message();
  // What is in memory of the message at hand, and its place among those that wait.
  void release_message();
  void note_waiting();
  void watch_message();
  bool top_up_window();
  [[nodiscard]] std::int32_t bytes_to_come() const;

  // Sending.
  Sent send_in_place(const pb_msgdesc_t* fields, const void* message);
  Sent send_later(const pb_msgdesc_t* fields, const void* message);
  Sent send_in_frames(Bytes prefix, std::size_t size, const pb_msgdesc_t* fields, const void* message);
  // False: the reply is not like that, and nothing was sent.
  bool reuse_request(Bytes prefix, const pb_msgdesc_t* fields, const void* message);
#ifdef MOTE_GZIP
  // NoRoom: the message is not worth it, or there is no memory to compress it in. It may still fit as it is.
  Sent send_compressed(const pb_msgdesc_t* fields, const void* message);
#endif
  bool send_initial();
  bool send_replies();
  bool send_last();
  bool send_last_plain();
  void compose_initial(ByteWriter& block) const;
  void compose_trailing(ByteWriter& block) const;
  // A field of trailing_: for a header block, or as a line.
  void write_trailing(ByteWriter& out, std::string_view name, std::string_view value) const;

  bool keep_field(const hpack::HeaderField& field);
  bool add_metadata(BlockQueue& encoded, std::string_view name, std::string_view value);
  void set_message(std::string_view message);
  // Finishes the call because blocks for `bytes` are not available.
  void out_of_memory(std::size_t bytes);
  void refuse_for_memory(engine::LimitId limit);

  // Metrics.
  void count_start();
  void count_end(CallMetrics& metrics) const;
  // nullptr: the path is not one of a method.
  [[nodiscard]] const rpc::Method* served_method() const;

  // Time.
  void expire(std::string_view message);
  void extend(Time& due, std::size_t bytes, Time timeout);
  void arm();

  Connection& connection_;
  const rpc::Method* method_ = nullptr;  // Set while its handler lives.
  RequestHead head_;
  grpc_http2::MessageFraming framing_;
  std::uint32_t aside_ = 0;    // Small blocks of message_ that count as set aside or promised (BlockShare).
  Block* metadata_ = nullptr;  // rpc::Metadata, packed.
  Block* metadata_last_ = nullptr;
  BlockQueue initial_;   // Initial metadata beyond gRPC's own, encoded.
  BlockQueue trailing_;  // Trailing metadata and grpc-message, encoded.
  BlockQueue message_;   // The incomplete request message.
  BlockQueue kept_;
  BlockQueue queued_;   // Bytes that the handler queued.
  BlockQueue replies_;  // Encoded messages with their prefixes that are not sent yet.
  Time opened_at_;
  Time message_at_;  // The last message in either direction, or the opening.
  Time deadline_ = kNever;
  Time wake_ = kNever;
  Time message_due_ = kNever;
  Time stall_due_ = kNever;
  std::uint16_t http_status_ = 200;
  rpc::StatusCode status_ = rpc::StatusCode::Ok;
  Charge charge_ = Charge::None;
  Form form_ = Form::Grpc;
  bool malformed_ = false;  // refuse_malformed()
  bool content_type_malformed_ = false;
  bool finished_ = false;
  bool reserved_ = false;
  bool slow_ = false;  // message_due_ or stall_due_ was extended.
  bool head_sent_ = false;
  bool in_message_ = false;    // Its prefix was read and accepted.
  bool in_promise_ = false;    // Its blocks are of the promise (BlockShare::use_promise()).
  bool window_due_ = false;    // flush() should see whether a WINDOW_UPDATE is due.
  bool counted_ = false;       // In the metrics.
  bool message_lost_ = false;  // No memory was left for grpc-message.
  bool cut_short_ = false;  // A message of gRPC-Web was sent in part: no trailers can follow, so the stream is reset.
  mutable bool held_back_ = false;  // congested() returned true.
#ifdef MOTE_GZIP
  bool compression_allowed_ = true;  // compress_replies()
#endif
#ifdef MOTE_TLS
  WebContent content_;            // Of the reply in gRPC-Web.
  grpc_web::Base64Decoder text_;  // Of the request.
#endif
};

}  // namespace mote::lean

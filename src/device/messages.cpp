#include "device/messages.h"

#include "mote/message.h"

namespace mote::device {

namespace {

class ClientSink final : public codec::ByteSink {
 public:
  explicit ClientSink(Client& client) : client_(client) {}
  bool write(Bytes bytes) override { return client_.put(bytes); }

 private:
  Client& client_;
};

// `read` is codec::decode(), or codec::merge() for a struct that contains only zeros.
template <codec::DecodeResult (*read)(const mote_bytes&, const pb_msgdesc_t*, void*)>
bool decode(Client& client, Bytes bytes, const pb_msgdesc_t* fields, void* message) {
  if (read({nullptr, client.piece_of(bytes), 0, 0, bytes.size()}, fields, message).ok()) return true;
  client.fail(StatusCode::Internal, "reply cannot be decoded");
  return false;
}

template <codec::DecodeResult (*read)(const mote_bytes&, const pb_msgdesc_t*, void*)>
Received receive(Client& client, const pb_msgdesc_t* fields, void* message, std::uint32_t wait_ms) {
  Bytes bytes;
  const Received received = client.receive(bytes, wait_ms);
  if (received != Received::Message) return received;
  return decode<read>(client, bytes, fields, message) ? received : Received::Over;
}

StatusCode unary(Client& client, const mote_call& call, const pb_msgdesc_t* request_fields, const void* request,
                 Bytes& reply) {
  bool open = client.start(call);
  for (;;) {
    if (open) send_message(client, request_fields, request, true);
    client.receive_only(reply);
    if (!client.may_restart()) return client.status();
    open = client.restart(call);
  }
}

}  // namespace

bool send_message(Client& client, const pb_msgdesc_t* fields, const void* message, bool last) {
  if (client.over()) return false;
  codec::EncodeResult encoded = codec::encoded_size(fields, message);
  if (encoded.ok()) {
    if (!client.begin_message(static_cast<std::uint32_t>(encoded.size))) return false;
    ClientSink sink(client);
    encoded = codec::encode_to(sink, fields, message);
  }
  if (encoded.status == codec::EncodeStatus::BadMessage) client.fail(StatusCode::Internal, "message cannot be encoded");
  return encoded.ok() && client.end_message(last);
}

Received receive_message(Client& client, const pb_msgdesc_t* fields, void* message, std::uint32_t wait_ms) {
  return receive<codec::decode>(client, fields, message, wait_ms);
}

Received receive_into_zeroed(Client& client, const pb_msgdesc_t* fields, void* message, std::uint32_t wait_ms) {
  return receive<codec::merge>(client, fields, message, wait_ms);
}

StatusCode finish(Client& client, const pb_msgdesc_t* fields, void* reply) {
  Bytes bytes;
  client.end_sending();
  if (client.receive_only(bytes) == StatusCode::Ok) decode<codec::decode>(client, bytes, fields, reply);
  return client.status();
}

StatusCode unary(Client& client, const mote_call& call, const pb_msgdesc_t* request_fields, const void* request,
                 const pb_msgdesc_t* reply_fields, void* reply) {
  Bytes bytes;
  if (unary(client, call, request_fields, request, bytes) == StatusCode::Ok)
    decode<codec::decode>(client, bytes, reply_fields, reply);
  return client.status();
}

StatusCode unary_into_zeroed(Client& client, const mote_call& call, const pb_msgdesc_t* request_fields,
                             const void* request, const pb_msgdesc_t* reply_fields, void* reply) {
  Bytes bytes;
  if (unary(client, call, request_fields, request, bytes) == StatusCode::Ok)
    decode<codec::merge>(client, bytes, reply_fields, reply);
  return client.status();
}

}  // namespace mote::device

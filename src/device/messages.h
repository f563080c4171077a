// Sends and receives nanopb messages with a client. Messages are encoded directly into frames, so a message may be larger
// than memory.output.
#pragma once

#include <pb.h>

#include "device/client.h"

namespace mote::device {

// Like Client::send(). If the message cannot be encoded, the call ends with INTERNAL.
bool send_message(Client& client, const pb_msgdesc_t* fields, const void* message, bool last);

// Like Client::receive(), decoded into the struct `message`, which is cleared first: a field that the message omits has its
// default value. If the message cannot be decoded, the call ends with INTERNAL. String and bytes fields point into the
// client's memory and are valid until its next non-const function.
Received receive_message(Client& client, const pb_msgdesc_t* fields, void* message,
                         std::uint32_t wait_ms = MOTE_TO_DEADLINE);

// For a call with one reply: ends the request stream, and receives the reply and the status, which it returns. The reply is
// decoded as in receive_message().
StatusCode finish(Client& client, const pb_msgdesc_t* fields, void* reply);

// A complete unary call. The reply is decoded as in receive_message().
StatusCode unary(Client& client, const mote_call& call, const pb_msgdesc_t* request_fields, const void* request,
                 const pb_msgdesc_t* reply_fields, void* reply);

// The same into a struct that contains only zeros. The templates below use them: they know the size of the struct and clear
// it without iterating over its fields, which would need 300 bytes of flash.
Received receive_into_zeroed(Client& client, const pb_msgdesc_t* fields, void* message, std::uint32_t wait_ms);
StatusCode unary_into_zeroed(Client& client, const mote_call& call, const pb_msgdesc_t* request_fields,
                             const void* request, const pb_msgdesc_t* reply_fields, void* reply);

template <class Message>
bool send_message(Client& client, const Message& message, bool last = false) {
  return send_message(client, nanopb::MessageDescriptor<Message>::fields(), &message, last);
}

template <class Message>
Received receive_message(Client& client, Message& message, std::uint32_t wait_ms = MOTE_TO_DEADLINE) {
  message = Message{};
  return receive_into_zeroed(client, nanopb::MessageDescriptor<Message>::fields(), &message, wait_ms);
}

template <class Request, class Reply>
StatusCode unary(Client& client, const mote_call& call, const Request& request, Reply& reply) {
  reply = Reply{};
  return unary_into_zeroed(client, call, nanopb::MessageDescriptor<Request>::fields(), &request,
                           nanopb::MessageDescriptor<Reply>::fields(), &reply);
}

}  // namespace mote::device

// nanopb messages over a client. Encoding goes straight into frames, so a message may be larger than memory.output.
#pragma once

#include <pb.h>

#include "device/client.h"

namespace mote::device {

// As Client::send(). A message that cannot be encoded ends the call with INTERNAL.
bool send_message(Client& client, const pb_msgdesc_t* fields, const void* message, bool last);

// As Client::receive(), into a struct that is cleared first: a field that the message leaves out has its default. A message
// that cannot be decoded ends the call with INTERNAL. String and bytes fields point into the client's memory and hold until
// its next function that is not const.
Received receive_message(Client& client, const pb_msgdesc_t* fields, void* message,
                         std::uint32_t wait_ms = MOTE_TO_DEADLINE);

// A unary call from begin to end; the reply as above.
StatusCode unary(Client& client, const mote_call& call, const pb_msgdesc_t* request_fields, const void* request,
                 const pb_msgdesc_t* reply_fields, void* reply);

// The same into a struct that is all zero already. The templates below use them: they know the struct's size, and clear it
// without a walk through its fields, which takes 300 bytes of flash.
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

// The C interface: each function calls one function of the C++ client.
#include "mote/device.h"

#include <new>

#include "device/client.h"
#include "device/messages.h"

namespace {

using mote::device::Bytes;
using mote::device::Client;
using mote::device::Received;
using mote::device::StatusCode;

static_assert(sizeof(Client) <= sizeof(mote_client) && alignof(Client) <= alignof(std::uint64_t));
static_assert(static_cast<mote_status>(StatusCode::Unauthenticated) == MOTE_UNAUTHENTICATED);
static_assert(static_cast<mote_received>(Received::Over) == MOTE_OVER);

Client& of(mote_client* client) {
  return *std::launder(reinterpret_cast<Client*>(client));
}

const Client& of(const mote_client* client) {
  return *std::launder(reinterpret_cast<const Client*>(client));
}

mote_status as_c(StatusCode status) {
  return static_cast<mote_status>(status);
}

mote_received as_c(Received received) {
  return static_cast<mote_received>(received);
}

}  // namespace

extern "C" {

void mote_client_init(mote_client* client, const mote_port* port, const mote_options* options,
                      const mote_memory* memory) {
  new (client) Client(*port, *options, *memory);
}

bool mote_client_connect(mote_client* client) {
  return of(client).connect();
}

bool mote_client_poll(mote_client* client, uint32_t wait_ms) {
  return of(client).poll(wait_ms);
}

uint32_t mote_client_retry_in_ms(const mote_client* client) {
  return of(client).retry_in_ms();
}

void mote_client_close(mote_client* client) {
  of(client).close();
}

bool mote_call_start(mote_client* client, const mote_call* call) {
  return of(client).start(*call);
}

bool mote_call_send(mote_client* client, const void* message, size_t size, bool last) {
  return of(client).send({static_cast<const std::uint8_t*>(message), size}, last);
}

bool mote_call_send_message(mote_client* client, const pb_msgdesc_t* fields, const void* message, bool last) {
  return mote::device::send_message(of(client), fields, message, last);
}

bool mote_call_end_sending(mote_client* client) {
  return of(client).end_sending();
}

mote_received mote_call_receive(mote_client* client, mote_stretch* message, uint32_t wait_ms) {
  Bytes bytes;
  const Received received = of(client).receive(bytes, wait_ms);
  *message = {bytes.data(), bytes.size()};
  return as_c(received);
}

mote_received mote_call_receive_message(mote_client* client, const pb_msgdesc_t* fields, void* message,
                                        uint32_t wait_ms) {
  return as_c(mote::device::receive_message(of(client), fields, message, wait_ms));
}

mote_status mote_call_cancel(mote_client* client) {
  return as_c(of(client).cancel());
}

mote_status mote_call_status(const mote_client* client) {
  return as_c(of(client).status());
}

const char* mote_call_status_text(const mote_client* client) {
  return of(client).status_text();
}

bool mote_call_unprocessed(const mote_client* client) {
  return of(client).unprocessed();
}

bool mote_call_retried(const mote_client* client) {
  return of(client).retried();
}

mote_status mote_call_finish(mote_client* client, const pb_msgdesc_t* fields, void* reply) {
  return as_c(mote::device::finish(of(client), fields, reply));
}

mote_status mote_unary(mote_client* client, const mote_call* call, const pb_msgdesc_t* request_fields,
                       const void* request, const pb_msgdesc_t* reply_fields, void* reply) {
  return as_c(mote::device::unary(of(client), *call, request_fields, request, reply_fields, reply));
}

const char* mote_status_name(mote_status status) {
  return mote::name(static_cast<StatusCode>(status)).data();
}
}

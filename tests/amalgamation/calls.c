/* Firmware that makes a unary and a bidirectional call, with no port: only its size is measured. */
#include "echo.client.h"
#include "mote/device.h"

static uint8_t input[128], output[512], scratch[192], messages[512], text[64];
static const mote_memory kMemory = {MOTE_SPAN(input), MOTE_SPAN(output), MOTE_SPAN(scratch), MOTE_SPAN(messages),
                                    MOTE_SPAN(text)};
static const mote_options kOptions = {.authority = "gateway"};
static mote_client client;

bool calls(const mote_port* port);

bool calls(const mote_port* port) {
  mote_client_init(&client, port, &kOptions, &kMemory);
  const echo_EchoRequest request = {.message = MOTE_TEXT("hello")};
  echo_EchoReply reply = {0};
  if (echo_Echo_Reply(&client, NULL, &request, &reply) != MOTE_OK) return false;
  const echo_Echo_Chat_call chat = echo_Echo_Chat(&client, NULL);
  echo_Echo_Chat_send(chat, &request);
  while (echo_Echo_Chat_receive(chat, &reply, MOTE_TO_DEADLINE) == MOTE_MESSAGE)
    echo_Echo_Chat_end_sending(chat);
  return echo_Echo_Chat_status(chat) == MOTE_OK;
}

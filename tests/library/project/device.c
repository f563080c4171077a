/* greeter-device PORT NAME: calls greeter.v1.Greeter on this machine. */
#include "mote/device.h"

#include <stdio.h>
#include <string.h>

#include "greeter.client.h"
#include "mote/port_posix.h"
#include "mote/version.h"

static uint8_t input[128], output[512], scratch[192], messages[512], text[64];
static const mote_memory kMemory = {MOTE_SPAN(input), MOTE_SPAN(output), MOTE_SPAN(scratch), MOTE_SPAN(messages),
                                    MOTE_SPAN(text)};
static const mote_options kOptions = {.authority = "gateway"};
static mote_client client;

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: greeter-device PORT NAME (mote %s)\n", mote_version);
    return 2;
  }
  mote_posix posix;
  mote_posix_tcp(&posix, "127.0.0.1", argv[1]);
  const mote_port port = mote_posix_port(&posix);
  mote_client_init(&client, &port, &kOptions, &kMemory);
  const greeter_v1_GreetRequest request = {.name = mote_bytes_of(argv[2], strlen(argv[2]))};
  greeter_v1_GreetReply reply = {0};
  const mote_status status = greeter_v1_Greeter_Greet(&client, NULL, &request, &reply);
  if (status == MOTE_OK) {
    char name[33] = {0};
    mote_bytes_copy(&reply.text, name, sizeof(name) - 1);
    printf("hello %s, call %u\n", name, (unsigned)reply.calls);
  } else {
    fprintf(stderr, "%s: %s\n", mote_status_name(status), mote_call_status_text(&client));
  }
  mote_client_close(&client);
  return status == MOTE_OK ? 0 : 1;
}

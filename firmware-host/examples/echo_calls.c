/* Example firmware in C: all four kinds of gRPC calls. A board uses its own port; this example uses a socket:
 *
 *   build/host/bin/echo_calls 127.0.0.1:50051 */
#include <stdio.h>
#include <string.h>

#include "echo.client.h"
#include "mote/device.h"
#include "mote/port_posix.h"

static uint8_t input[128], output[512], scratch[192], messages[512], text[64];
static const mote_memory kMemory = {MOTE_SPAN(input), MOTE_SPAN(output), MOTE_SPAN(scratch), MOTE_SPAN(messages),
                                    MOTE_SPAN(text)};
static const mote_options kOptions = {.authority = "gateway"};
static mote_client client;

static mote_bytes text_of(const char* words) {
  return mote_bytes_of(words, strlen(words));
}

static void print_reply(const echo_EchoReply* reply) {
  char words[64];
  const size_t size = mote_bytes_copy(&reply->message, words, sizeof(words));
  printf("  %u: %.*s\n", (unsigned)reply->number, (int)size, words);
}

/* Prints the status of the call that has ended. Returns true if it is OK. */
static bool ended_well(const char* name) {
  const mote_status status = mote_call_status(&client);
  const char* why = mote_call_status_text(&client);
  printf("%s: %s%s%s\n", name, mote_status_name(status), *why != '\0' ? " " : "", why);
  return status == MOTE_OK;
}

static bool reply(void) {
  const mote_metadata metadata[] = {{"x-device", "sensor-7"}};
  const mote_call options = {.timeout_ms = 3000, .metadata = metadata, .metadata_count = 1};
  const echo_EchoRequest request = {.message = text_of("hello")};
  echo_EchoReply answer = {0};
  if (echo_Echo_Reply(&client, &options, &request, &answer) == MOTE_OK) print_reply(&answer);
  return ended_well("Reply");
}

static bool reply_stream(void) {
  const echo_EchoRequest request = {.message = text_of("again"), .count = 3};
  const echo_Echo_ReplyStream_call call = echo_Echo_ReplyStream(&client, NULL, &request);
  echo_EchoReply answer = {0};
  while (echo_Echo_ReplyStream_receive(call, &answer, MOTE_TO_DEADLINE) == MOTE_MESSAGE)
    print_reply(&answer);
  return ended_well("ReplyStream");
}

static bool collect(void) {
  const echo_EchoRequest request = {.message = text_of("part")};
  const echo_Echo_Collect_call call = echo_Echo_Collect(&client, NULL);
  /* The result needs no check: if the call has ended, all later functions return immediately. */
  for (int i = 0; i < 3; ++i)
    echo_Echo_Collect_send(call, &request);
  echo_EchoSummary summary = {0};
  if (echo_Echo_Collect_finish(call, &summary) == MOTE_OK)
    printf("  %u messages, %u bytes\n", (unsigned)summary.messages, (unsigned)summary.bytes);
  return ended_well("Collect");
}

static bool chat(void) {
  static const char* const kWords[] = {"one", "two", "three"};
  const echo_Echo_Chat_call call = echo_Echo_Chat(&client, NULL);
  echo_EchoReply answer = {0};
  for (size_t i = 0; i < 3; ++i) {
    const echo_EchoRequest request = {.message = text_of(kWords[i])};
    echo_Echo_Chat_send(call, &request);
    if (echo_Echo_Chat_receive(call, &answer, MOTE_TO_DEADLINE) == MOTE_MESSAGE) print_reply(&answer);
  }
  echo_Echo_Chat_end_sending(call);
  while (echo_Echo_Chat_receive(call, &answer, MOTE_TO_DEADLINE) == MOTE_MESSAGE)
    puts("  a message that nobody asked for");
  return ended_well("Chat");
}

int main(int argc, char** argv) {
  char* colon = argc == 2 ? strrchr(argv[1], ':') : NULL;
  if (colon == NULL) {
    fprintf(stderr, "usage: echo_calls HOST:PORT\n");
    return 2;
  }
  *colon = '\0';
  mote_posix posix;
  mote_posix_tcp(&posix, argv[1], colon + 1);
  const mote_port port = mote_posix_port(&posix);
  mote_client_init(&client, &port, &kOptions, &kMemory);

  const bool well = reply() && reply_stream() && collect() && chat();
  mote_client_poll(&client, 0);
  mote_client_close(&client);
  return well ? 0 : 1;
}

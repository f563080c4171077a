/* Example firmware in C: all four kinds of gRPC calls. A board uses its own port; this example uses a socket:
 *
 *   build/host/bin/echo_calls 127.0.0.1:50051 */
#include <stdio.h>
#include <string.h>

#include "echo.pb.h"
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
  const mote_call call = {.path = "/echo.Echo/Reply", .timeout_ms = 3000, .metadata = metadata, .metadata_count = 1};
  const echo_EchoRequest request = {.message = text_of("hello")};
  echo_EchoReply answer = {0};
  if (mote_unary(&client, &call, echo_EchoRequest_fields, &request, echo_EchoReply_fields, &answer) == MOTE_OK)
    print_reply(&answer);
  return ended_well("Reply");
}

static bool reply_stream(void) {
  const mote_call call = {.path = "/echo.Echo/ReplyStream"};
  const echo_EchoRequest request = {.message = text_of("again"), .count = 3};
  /* The results of these two need no check: if the call has ended, all later functions return immediately. */
  mote_call_start(&client, &call);
  mote_call_send_message(&client, echo_EchoRequest_fields, &request, true);
  echo_EchoReply answer = {0};
  while (mote_call_receive_message(&client, echo_EchoReply_fields, &answer, MOTE_TO_DEADLINE) == MOTE_MESSAGE)
    print_reply(&answer);
  return ended_well("ReplyStream");
}

static bool collect(void) {
  const mote_call call = {.path = "/echo.Echo/Collect"};
  const echo_EchoRequest request = {.message = text_of("part")};
  mote_call_start(&client, &call);
  for (int i = 0; i < 3; ++i)
    mote_call_send_message(&client, echo_EchoRequest_fields, &request, i == 2);
  echo_EchoSummary summary = {0};
  while (mote_call_receive_message(&client, echo_EchoSummary_fields, &summary, MOTE_TO_DEADLINE) == MOTE_MESSAGE)
    printf("  %u messages, %u bytes\n", (unsigned)summary.messages, (unsigned)summary.bytes);
  return ended_well("Collect");
}

static bool chat(void) {
  static const char* const kWords[] = {"one", "two", "three"};
  const mote_call call = {.path = "/echo.Echo/Chat"};
  mote_call_start(&client, &call);
  for (size_t i = 0; i < 3; ++i) {
    const echo_EchoRequest request = {.message = text_of(kWords[i])};
    echo_EchoReply answer = {0};
    mote_call_send_message(&client, echo_EchoRequest_fields, &request, false);
    if (mote_call_receive_message(&client, echo_EchoReply_fields, &answer, MOTE_TO_DEADLINE) == MOTE_MESSAGE)
      print_reply(&answer);
  }
  mote_call_end_sending(&client);
  mote_stretch nothing;
  while (mote_call_receive(&client, &nothing, MOTE_TO_DEADLINE) == MOTE_MESSAGE)
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

/* starter-device: a device that reports one value.
 *
 *   starter-device 127.0.0.1:50052 pump-1 21.5 */
#include "mote/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mote/port_posix.h"
#include "starter.client.h"

static uint8_t input[128], output[256], scratch[192], messages[256], text[64];
static const mote_memory kMemory = {MOTE_SPAN(input), MOTE_SPAN(output), MOTE_SPAN(scratch), MOTE_SPAN(messages),
                                    MOTE_SPAN(text)};
static const mote_options kOptions = {.authority = "starter-gateway"};
static mote_client client;

int main(int argc, char** argv) {
  char* colon = argc == 4 ? strrchr(argv[1], ':') : NULL;
  if (colon == NULL) {
    fprintf(stderr, "usage: starter-device HOST:PORT NAME VALUE\n");
    return 2;
  }
  *colon = '\0';
  mote_posix posix;
  mote_posix_tcp(&posix, argv[1], colon + 1);
  const mote_port port = mote_posix_port(&posix);
  mote_client_init(&client, &port, &kOptions, &kMemory);

  const starter_v1_ReportRequest request = {.device = mote_bytes_of(argv[2], strlen(argv[2])),
                                            .value = strtod(argv[3], NULL)};
  starter_v1_ReportReply reply = {0};
  const mote_status status = starter_v1_Starter_Report(&client, NULL, &request, &reply);
  if (status == MOTE_OK) {
    printf("values: %llu\n", (unsigned long long)reply.values);
  } else {
    fprintf(stderr, "Report: %s %s\n", mote_status_name(status), mote_call_status_text(&client));
  }
  mote_client_close(&client);
  return status == MOTE_OK ? 0 : 1;
}

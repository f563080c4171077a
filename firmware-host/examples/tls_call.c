/* Example firmware in C: a call over TLS. A board has its own port and its certificates in flash; this example uses a socket and a
 * file:
 *
 *   build/host/bin/tls_call 127.0.0.1:50052 certificates/ca.pem localhost */
#include <stdio.h>
#include <string.h>

#include "echo.client.h"
#include "mote/device.h"
#include "mote/port_posix.h"
#include "mote/port_tls.h"

static uint8_t input[128], output[512], scratch[192], messages[512], text[64];
static const mote_memory kMemory = {MOTE_SPAN(input), MOTE_SPAN(output), MOTE_SPAN(scratch), MOTE_SPAN(messages),
                                    MOTE_SPAN(text)};
static const mote_options kOptions = {.authority = "gateway"};
static uint8_t tls_memory[MOTE_TLS_CERTIFICATE_BYTES];
static uint8_t ca[4096];

/* Reads the file into `ca`, with a NUL behind it. Returns the size with the NUL, 0 for an error. */
static size_t read_ca(const char* path) {
  FILE* file = fopen(path, "re");
  if (file == NULL) return 0;
  const size_t size = fread(ca, 1, sizeof(ca) - 1, file);
  fclose(file);
  return size == 0 || size == sizeof(ca) - 1 ? 0 : size + 1;
}

static bool call(mote_client* client) {
  const echo_EchoRequest request = {.message = MOTE_TEXT("hello")};
  echo_EchoReply reply = {0};
  if (echo_Echo_Reply(client, NULL, &request, &reply) != MOTE_OK) return false;
  char words[64];
  const size_t size = mote_bytes_copy(&reply.message, words, sizeof(words));
  printf("%.*s\n", (int)size, words);
  return true;
}

int main(int argc, char** argv) {
  char* colon = argc == 4 ? strrchr(argv[1], ':') : NULL;
  if (colon == NULL) {
    fprintf(stderr, "usage: tls_call HOST:PORT CA.pem SERVER-NAME\n");
    return 2;
  }
  *colon = '\0';
  mote_posix posix;
  mote_posix_tcp(&posix, argv[1], colon + 1);
  const mote_port tcp = mote_posix_port(&posix);

  const mote_tls_options options = {.server_name = argv[3], .ca = {ca, read_ca(argv[2])}};
  mote_tls tls;
  const mote_tls_result result = mote_tls_init(&tls, &tcp, &options, tls_memory, sizeof(tls_memory));
  if (result != MOTE_TLS_OK) {
    fprintf(stderr, "%s: %s\n", argv[2], mote_tls_result_text(result));
    return 2;
  }
  const mote_port port = mote_tls_port(&tls);
  mote_client client;
  mote_client_init(&client, &port, &kOptions, &kMemory);

  const bool well = call(&client);
  if (!well) printf("%s: %s\n", mote_call_status_text(&client), mote_tls_result_text(mote_tls_last_result(&tls)));
  mote_client_close(&client);
  mote_tls_end(&tls);
  return well ? 0 : 1;
}

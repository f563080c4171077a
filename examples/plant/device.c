/* plant-device: a device of the plant. It registers, reports readings, and sends the command to forget it.
 *
 *   plant-device 127.0.0.1:50051 dev-1 */
#include "mote/device.h"

#include <stdio.h>
#include <string.h>

#include "mote/port_posix.h"
#include "telemetry.client.h"

static uint8_t input[128], output[512], scratch[192], messages[512], text[64];
static const mote_memory kMemory = {MOTE_SPAN(input), MOTE_SPAN(output), MOTE_SPAN(scratch), MOTE_SPAN(messages),
                                    MOTE_SPAN(text)};
static const mote_options kOptions = {.authority = "gateway"};
static mote_client client;

static bool complain(const char* what, mote_status status) {
  fprintf(stderr, "%s: %s %s\n", what, mote_status_name(status), mote_call_status_text(&client));
  return false;
}

static bool configure(const char* name) {
  const plant_v1_ConfigureRequest request = {
      .device = mote_bytes_of(name, strlen(name)), .has_interval_ms = true, .interval_ms = 250};
  plant_v1_ConfigureReply reply = {0};
  const mote_status status = plant_v1_Telemetry_Configure(&client, NULL, &request, &reply);
  if (status != MOTE_OK) return complain("Configure", status);
  printf("interval %u ms, devices:", (unsigned)reply.interval_ms);
  for (mote_bytes device; mote_list_take(&reply.devices, &device);) {
    char words[33] = {0};
    mote_bytes_copy(&device, words, sizeof(words) - 1);
    printf(" %s", words);
  }
  puts("");
  return true;
}

static bool report(const char* name) {
  plant_v1_Reading readings[] = {
      {.has_time = true,
       .time = {.seconds = 1700000000},
       .quantity = plant_v1_Quantity_TEMPERATURE,
       .which_value = plant_v1_Reading_number_tag,
       .value = {.number = 21.5}},
      {.quantity = plant_v1_Quantity_STATE,
       .which_value = plant_v1_Reading_text_tag,
       .note = mote_some(MOTE_TEXT("checked"))},
  };
  readings[1].value.text = MOTE_TEXT("door open");
  const plant_v1_ReportRequest batch = {.device = mote_bytes_of(name, strlen(name)),
                                        .readings = mote_list_of(readings, 2, plant_v1_Reading_fields)};
  plant_v1_ReportSummary summary = {0};
  const plant_v1_Telemetry_Report_call call = plant_v1_Telemetry_Report(&client, NULL);
  plant_v1_Telemetry_Report_send(call, &batch);
  plant_v1_Telemetry_Report_send(call, &batch);
  const mote_status status = plant_v1_Telemetry_Report_finish(call, &summary);
  if (status != MOTE_OK) return complain("Report", status);
  printf("reported %u readings\n", (unsigned)summary.readings);
  return true;
}

static bool control(const char* name) {
  const plant_v1_ControlRequest requests[] = {
      {.which_command = plant_v1_ControlRequest_ping_tag},
      {.which_command = plant_v1_ControlRequest_forget_tag, .command = {.forget = mote_bytes_of(name, strlen(name))}},
  };
  const plant_v1_Telemetry_Control_call call = plant_v1_Telemetry_Control(&client, NULL);
  for (size_t i = 0; i < 2; ++i) {
    plant_v1_ControlReply reply = {0};
    plant_v1_Telemetry_Control_send(call, &requests[i]);
    if (plant_v1_Telemetry_Control_receive(call, &reply, MOTE_TO_DEADLINE) != MOTE_MESSAGE || !reply.done) break;
    puts("command done");
  }
  plant_v1_Telemetry_Control_end_sending(call);
  plant_v1_ControlReply more = {0};
  while (plant_v1_Telemetry_Control_receive(call, &more, MOTE_TO_DEADLINE) == MOTE_MESSAGE) {
  }
  const mote_status status = plant_v1_Telemetry_Control_status(call);
  return status == MOTE_OK || complain("Control", status);
}

int main(int argc, char** argv) {
  char* colon = argc == 3 ? strrchr(argv[1], ':') : NULL;
  if (colon == NULL) {
    fprintf(stderr, "usage: plant-device HOST:PORT NAME\n");
    return 2;
  }
  *colon = '\0';
  mote_posix posix;
  mote_posix_tcp(&posix, argv[1], colon + 1);
  const mote_port port = mote_posix_port(&posix);
  mote_client_init(&client, &port, &kOptions, &kMemory);
  const bool ok = configure(argv[2]) && report(argv[2]) && control(argv[2]);
  mote_client_close(&client);
  return ok ? 0 : 1;
}

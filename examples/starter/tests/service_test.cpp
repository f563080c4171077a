// Tests the service in memory: a device client against a real server connection, without sockets and with a virtual clock.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "mote/testing/channel.h"
#include "mote/testing/client_memory.h"
#include "mote/testing/fake_server.h"
#include "mote/testing/server.h"
#include "starter.client.h"
#include "starter.h"

namespace {

using starter::Starter;
namespace v1 = starter::v1;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "FAILED: %s\n", what);
  std::exit(1);
}

v1::ReportRequest request_of(std::string_view device, double value) {
  v1::ReportRequest request{};
  request.device = mote_bytes_of(device.data(), device.size());
  request.value = value;
  return request;
}

void test_report_over_a_channel() {
  Starter service;
  mote::testing::Server server({{"max-value", "100"}}, service);
  mote::testing::Channel channel(server);
  const mote::testing::ClientMemory memory;
  const mote_options options{};
  mote_client client;
  mote_client_init(&client, &channel.port(), &options, &memory.spans());
  v1::StarterClient calls(&client);

  v1::ReportReply reply{};
  expect(calls.Report(request_of("pump-1", 21.5), reply) == MOTE_OK && reply.values == 1, "a value is stored");
  expect(calls.Report(request_of("pump-1", 101), reply) == MOTE_OUT_OF_RANGE, "too large a value is refused");
  expect(calls.Report(request_of("", 1), reply) == MOTE_INVALID_ARGUMENT, "a device without a name is refused");
  mote_client_close(&client);
}

// A client that has no room for replies misses the oldest values, and is told how many.
void test_a_slow_watcher() {
  Starter service;
  mote::testing::FakeServer server(service);
  mote::testing::MethodCall watch = server.start("/starter.v1.Starter/Watch");
  watch.open();
  watch.request(v1::WatchRequest{});
  for (int i = 0; i < 70; ++i) {
    mote::testing::MethodCall report = server.start("/starter.v1.Starter/Report");
    report.open();
    report.request(request_of("pump-1", i));
  }
  watch.ready();
  expect(watch.call.replies.size() == Starter::kKeptValues, "the kept values are sent");
  const auto first = watch.call.reply<v1::WatchReply>(0);
  expect(first.missed == 6 && first.value == 6, "the first value says how many were missed");
}

}  // namespace

int main() {
  test_report_over_a_channel();
  test_a_slow_watcher();
  return 0;
}

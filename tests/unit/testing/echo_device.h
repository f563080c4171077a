// A device client on a channel of mote::testing, with the echo service.
#pragma once

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>

#include "echo.client.h"
#include "mote/message.h"
#include "mote/testing/channel.h"
#include "mote/testing/client_memory.h"
#include "mote/testing/server.h"
#include "services/echo.h"

namespace mote::test {

struct EchoServer : testing::Server {
  explicit EchoServer(std::initializer_list<testing::Setting> settings = {})
      : Server(std::array{services::echo()}, std::span<const testing::Setting>(settings.begin(), settings.size())) {}
};

struct EchoDevice {
  explicit EchoDevice(testing::Server& server, const mote_options& chosen = {}) : channel(server), options(chosen) {
    mote_client_init(&client, &channel.port(), &options, &memory.spans());
  }
  ~EchoDevice() { mote_client_close(&client); }
  EchoDevice(const EchoDevice&) = delete;
  EchoDevice& operator=(const EchoDevice&) = delete;

  // A unary call. Returns the text of the reply, or the name of the status and its text.
  std::string ask(std::string_view message, std::uint32_t timeout_ms = 5000) {
    mote_call call{};
    call.timeout_ms = timeout_ms;
    echo_EchoRequest request{};
    request.message = codec::field_of(message);
    echo_EchoReply reply{};
    const mote_status status = echo_Echo_Reply(&client, &call, &request, &reply);
    if (status != MOTE_OK) return std::string(mote_status_name(status)) + ' ' + mote_call_status_text(&client);
    std::string text(mote_bytes_size(&reply.message), '\0');
    mote_bytes_copy(&reply.message, text.data(), text.size());
    return text;
  }

  testing::Channel channel;
  testing::ClientMemory memory;
  const mote_options options;
  mote_client client{};
};

}  // namespace mote::test

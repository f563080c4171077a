// A call of one method without an engine: the test acts as the client and as the engine.
//
//   mote::testing::FakeServer server(telemetry);
//   mote::testing::MethodCall call = server.start("/plant.v1.Telemetry/Configure");
//   call.open();
//   call.request(request);
//   assert(call.call.reply<plant::v1::ConfigureReply>(0).interval_ms == 250);
#pragma once

#include <cstddef>
#include <string_view>

#include "mote/rpc/method.h"
#include "mote/testing/fake_call.h"

namespace mote::testing {

// A FakeCall with the handler of a method.
struct MethodCall {
  // The method and the server must outlive the call.
  MethodCall(const rpc::Method& chosen, const rpc::Server& server) : call(server), method(chosen) {}
  // Destroys the handler.
  ~MethodCall();
  MethodCall(const MethodCall&) = delete;
  MethodCall& operator=(const MethodCall&) = delete;

  // The headers of the request have arrived: constructs the handler.
  void open();
  // Passes on one encoded request message, whose memory is released before this returns.
  void message(std::string_view encoded);
  // Passes on a request message.
  template <class Message>
  void request(const Message& message) {
    request(nanopb::MessageDescriptor<Message>::fields(), &message);
  }
  // The same for a struct that `fields` describes.
  void request(const pb_msgdesc_t* fields, const void* message);
  // The client has ended its stream.
  void half_close() { rpc::receive_half_close(call, method); }
  // The peer has room for more replies, or an event was notified.
  void ready() { rpc::ready(call, method); }
  // Advances the time to the handler's wake-up and calls the handler, like an engine. False: no wake-up is set.
  bool sleep();

  // What the handler did.
  FakeCall call;
  // The method.
  const rpc::Method& method;
  // open() was called.
  bool opened = false;
};

}  // namespace mote::testing

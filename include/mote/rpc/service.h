// What generated services are made of. NAME.mote.h, which protoc-gen-mote writes for NAME.proto, has a class template for each
// service. A service derives from it, with a function for each unary method and a class for each streaming one:
//
//   class Telemetry : public plant::v1::TelemetryService<Telemetry> {
//    public:
//     mote::Status Configure(mote::Call& call, const ConfigureRequest& in, ConfigureReply& out);
//
//     struct Report : ReportCall {                       // one object for each call, of at most Call::kHandlerBytes
//       void on_open();                                  // the metadata has arrived
//       void on_message(const ReportRequest& in);        // a message has arrived
//       void on_half_close();                            // the client has sent its last message
//       void on_ready();                                 // the event of wait_for(), the time of wake_at(), or the peer has
//                                                        // taken replies that held back the call
//       void on_shutdown();                              // the server shuts down; the call may still send and finish
//       ~Report();                                       // the call has ended, for any reason
//     };
//   };
//
// A client-streaming or bidirectional handler must have on_half_close(); a server-streaming one receives one message and has
// none. The others are optional. A call that waits for an event and has no on_shutdown() ends with UNAVAILABLE then.
//
// A service may also have:
//   void settings(mote::Settings& settings);             // its configuration keys (mote/rpc/settings.h)
//   const char* on_start(mote::Loop& loop);              // its descriptors and timers (mote/rpc/loop.h)
//   static constexpr mote::rpc::Needs kNeeds = ...;      // its system calls and files in the sandbox (mote/rpc/service_table.h)
//
// A request, its strings and its lists are valid until the function that received them returns. All functions run on one
// thread; none may block.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/message.h"
#include "mote/rpc/call.h"
#include "mote/rpc/event.h"
#include "mote/rpc/loop.h"
#include "mote/rpc/method.h"
#include "mote/rpc/service_table.h"
#include "mote/rpc/settings.h"
#include "mote/rpc/status.h"

namespace mote {

using rpc::Call;
using rpc::Status;
using enum StatusCode;

namespace rpc {

// The common part of streaming handlers. The functions that return false have finished the call.
template <class Service>
class StreamingCall {
 public:
  StreamingCall(const StreamingCall&) = delete;
  StreamingCall& operator=(const StreamingCall&) = delete;

  // The object of the service.
  [[nodiscard]] Service& service() const { return *static_cast<Service*>(call_->service()); }
  // The call, for what is not here: metadata, keep(), queues, wall-clock time.
  [[nodiscard]] Call& call() const { return *call_; }

  // Ends the call with a text that is composed of text, bytes and integers, and copied.
  template <class... Pieces>
  void fail(StatusCode code, const Pieces&... pieces) {
    call_->fail(code, pieces...);
  }
  // Ends the call with a status, such as rpc::malformed().
  void fail(const Status& status) { call_->finish(status); }
  // Whether the call has been finished. Nothing may be sent then.
  [[nodiscard]] bool finished() const { return call_->finished(); }
  // Whether sent messages wait for the peer. A handler that sends many should stop then: on_ready() is called when they
  // are sent.
  [[nodiscard]] bool congested() const {
    const bool congested = call_->congested();
    if (congested && call_->waiting()) call_->hold_back();
    return congested;
  }

  // Has on_ready() called whenever the event is notified, once the peer has taken the replies before. Holds until
  // stop_waiting() or the end of the call.
  void wait_for(Event& event) { call_->wait_for(event); }
  // Does not wait for an event any more.
  void stop_waiting() { call_->stop_waiting(); }
  // Has on_ready() called at `time` or shortly after. A second wake_at() replaces the first.
  void wake_at(Time time) {
    if (call_->waiting()) return call_->wake_waiting_at(time);
    call_->wake_at(time);
  }
  // The time at the start of this iteration of the event loop.
  [[nodiscard]] Time now() const { return call_->now(); }

 protected:
  StreamingCall() = default;
  ~StreamingCall() = default;

 private:
  template <class, class>
  friend struct StreamingEvents;

  Call* call_ = nullptr;  // Set after the constructor.
};

// A handler that receives many messages and sends one.
template <class Service, class Reply>
class ClientStreamingCall : public StreamingCall<Service> {
 public:
  // Sends the reply and ends the call.
  void finish(const Reply& reply) {
    if (this->call().send(reply)) this->call().finish({});
  }
};

// A handler that sends many messages.
template <class Service, class Reply>
class ServerStreamingCall : public StreamingCall<Service> {
 public:
  // Sends a message, or queues it until flow control allows it. The message may be reused after the return.
  bool send(const Reply& reply) { return this->call().send(reply); }
  // Ends the call with OK, after the messages that were sent.
  void finish() { this->call().finish({}); }
};

// A handler that receives and sends many messages.
template <class Service, class Reply>
class BidiStreamingCall : public ServerStreamingCall<Service, Reply> {};

// The rest is for generated code. The API reference leaves it out.
// @cond

// Names a function of a handler, to find one of that name even if it is private or has other parameters: the name is then
// ambiguous in a class that inherits from the handler and from a struct with the same name.
namespace named {
// on_open().
struct Open {
  // The name.
  void on_open();
};
// on_half_close().
struct HalfClose {
  // The name.
  void on_half_close();
};
// on_ready().
struct Ready {
  // The name.
  void on_ready();
};
// on_shutdown().
struct Shutdown {
  // The name.
  void on_shutdown();
};
// Both classes in one.
template <class Handler, class Name>
struct Both : Handler, Name {};
}  // namespace named

// The first fault of a handler; generated code has a static_assert for each. A fault hides those that follow.
template <class Handler, class Request, Kind kind>
struct Fit {
  // Functions of the handler that can be called.
  static constexpr bool kHasOpen = requires(Handler & handler) { handler.on_open(); };
  static constexpr bool kHasHalfClose = requires(Handler & handler) { handler.on_half_close(); };
  static constexpr bool kHasReady = requires(Handler & handler) { handler.on_ready(); };
  static constexpr bool kHasShutdown = requires(Handler & handler) { handler.on_shutdown(); };
  // Functions of that name, whether they can be called or not.
  static constexpr bool kNamesOpen = !requires { &named::Both<Handler, named::Open>::on_open; };
  static constexpr bool kNamesHalfClose = !requires { &named::Both<Handler, named::HalfClose>::on_half_close; };
  static constexpr bool kNamesReady = !requires { &named::Both<Handler, named::Ready>::on_ready; };
  static constexpr bool kNamesShutdown = !requires { &named::Both<Handler, named::Shutdown>::on_shutdown; };

  // No fault up to here.
  static constexpr bool kMessage = requires(Handler & handler, const Request& request) { handler.on_message(request); };
  static constexpr bool kHalfClose = !kMessage || (streams_requests(kind) ? kHasHalfClose : !kNamesHalfClose);
  static constexpr bool kOpen = !kMessage || !kHalfClose || kHasOpen || !kNamesOpen;
  static constexpr bool kReady = !kMessage || !kHalfClose || !kOpen || kHasReady || !kNamesReady;
  static constexpr bool kShutdown = !kMessage || !kHalfClose || !kOpen || !kReady || kHasShutdown || !kNamesShutdown;
  static constexpr bool kNamed = kMessage && kHalfClose && kOpen && kReady && kShutdown;
  static constexpr bool kMade = !kNamed || std::is_default_constructible_v<Handler>;
  static constexpr bool kSmall = !kNamed || !kMade || sizeof(Handler) <= Call::kHandlerBytes;
  // No fault at all.
  static constexpr bool kOk = kNamed && kMade && kSmall;
};

// The functions of a Method for a streaming handler.
template <class Handler, class Request>
struct StreamingEvents {
  // The kind does not matter for what a handler has.
  using Has = Fit<Handler, Request, Kind::BidiStreaming>;

  // The handler of a call.
  static Handler& of(Call& call) { return *std::launder(static_cast<Handler*>(call.handler())); }
  // See Method.
  static void construct(Call& call) { (new (call.handler()) Handler())->call_ = &call; }
  // See Method.
  static void destroy(Call& call) { std::destroy_at(&of(call)); }
  // See Method.
  static void open(Call& call) {
    if constexpr (Has::kHasOpen) of(call).on_open();
  }
  // See Method.
  static Status message(Call& call, const mote_piece* pieces, std::size_t size) {
    Request request;
    const codec::DecodeResult decoded = codec::decode(pieces, size, request);
    if (!decoded.ok()) return malformed(decoded);
    of(call).on_message(request);
    return {};
  }
  // See Method.
  static void half_close(Call& call) {
    if constexpr (Has::kHasHalfClose) of(call).on_half_close();
  }
  // See Method.
  static void ready(Call& call) {
    if constexpr (Has::kHasReady) of(call).on_ready();
  }
  // See Method.
  static void shutdown(Call& call) {
    if constexpr (Has::kHasShutdown) of(call).on_shutdown();
  }
};

// A streaming method, for generated code.
template <class Service, class Handler, class Request>
constexpr Method streaming(std::string_view path, Kind kind) {
  using On = StreamingEvents<Handler, Request>;
  return {path,           kind,      On::construct,
          On::destroy,    On::open,  On::message,
          On::half_close, On::ready, On::Has::kHasShutdown ? On::shutdown : nullptr};
}

// The functions of a Method for a unary function: function(Service&, Call&, const Request&, Reply&).
template <class Service, class Request, class Reply, auto function>
struct UnaryEvents {
  // See Method.
  static void nothing(Call& /*call*/) {}
  // See Method.
  static Status message(Call& call, const mote_piece* pieces, std::size_t size) {
    Request request;
    const codec::DecodeResult decoded = codec::decode(pieces, size, request);
    if (!decoded.ok()) return malformed(decoded);
    Reply reply{};
    const Status status = function(*static_cast<Service*>(call.service()), call, request, reply);
    if (call.finished() || (status.ok() && !call.send(reply))) return {};
    call.finish(status);
    return {};
  }
};

// A unary method, for generated code.
template <class Service, class Request, class Reply, auto function>
constexpr Method unary(std::string_view path) {
  using On = UnaryEvents<Service, Request, Reply, function>;
  return {path, Kind::Unary, On::nothing, On::nothing, On::nothing, On::message, On::nothing, On::nothing, nullptr};
}

// @endcond

// The service of an object, for generated code.
template <class Object>
[[nodiscard]] Service service_of(Object& object, std::string_view name, std::span<Method> methods,
                                 const descriptors::FileDescriptor* file = nullptr) {
  for (Method& method : methods)
    method.service = &object;
  Service service{.name = name, .methods = methods, .object = &object, .file = file};
  if constexpr (requires { Object::kNeeds; }) service.needs = Object::kNeeds;
  if constexpr (requires(Settings & settings) { object.settings(settings); }) {
    service.configure = [](void* self, Settings& settings) { static_cast<Object*>(self)->settings(settings); };
  }
  if constexpr (requires(Loop & loop) {
                  { object.on_start(loop) } -> std::same_as<const char*>;
                }) {
    service.start = [](void* self, Loop& loop) { return static_cast<Object*>(self)->on_start(loop); };
  }
  return service;
}

}  // namespace rpc
}  // namespace mote

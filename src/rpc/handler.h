// How a service author writes a method.
//
// Unary: a function.
//
//   rpc::Status reply(rpc::Call& call, const echo_EchoRequest& request, echo_EchoReply& reply);
//   constexpr rpc::Method kReply = rpc::unary<reply>("/echo.Echo/Reply");
//
// Streaming: a class, of which each call holds one object (at most Call::kHandlerBytes). It names its Request and has
// on_message(); the other functions are there where it needs them:
//
//   class Chat {
//    public:
//     using Request = echo_EchoRequest;
//     void on_open(rpc::Call& call);                            // metadata is there, no message yet
//     void on_message(rpc::Call& call, const Request& request);
//     void on_half_close(rpc::Call& call);                      // the client sends nothing more
//     void on_ready(rpc::Call& call);                           // wake_at() has come, the peer took what waited, or the
//                                                               // server shuts down; may come for no reason
//     ~Chat();                                                  // the call is over, however it ended
//   };
//   constexpr rpc::Method kChat = rpc::bidi_streaming<Chat>("/echo.Echo/Chat");
#pragma once

#include <memory>
#include <new>
#include <string_view>

#include "codec/message.h"
#include "rpc/call.h"
#include "rpc/method.h"

namespace mote::rpc {

namespace detail {

template <class Handler>
Handler& handler_of(Call& call) {
  return *std::launder(static_cast<Handler*>(call.handler()));
}

template <class Handler>
struct Events {
  static_assert(sizeof(Handler) <= Call::kHandlerBytes, "a handler lives inside its call");

  static void construct(Call& call) { new (call.handler()) Handler(); }
  static void destroy(Call& call) { std::destroy_at(&handler_of<Handler>(call)); }

  static void open(Call& call) {
    if constexpr (requires(Handler & handler) { handler.on_open(call); }) handler_of<Handler>(call).on_open(call);
  }

  static Status message(Call& call, const mote_piece* pieces, std::size_t size) {
    typename Handler::Request request;
    const codec::DecodeResult decoded = codec::decode(pieces, size, request);
    if (!decoded.ok()) return malformed(decoded);
    handler_of<Handler>(call).on_message(call, request);
    return {};
  }

  static void half_close(Call& call) {
    if constexpr (requires(Handler & handler) { handler.on_half_close(call); }) {
      handler_of<Handler>(call).on_half_close(call);
    }
  }

  static void ready(Call& call) {
    if constexpr (requires(Handler & handler) { handler.on_ready(call); }) handler_of<Handler>(call).on_ready(call);
  }
};

template <class Handler>
constexpr Method method(std::string_view path, Kind kind) {
  using On = Events<Handler>;
  return {path, kind, On::construct, On::destroy, On::open, On::message, On::half_close, On::ready};
}

template <auto function>
class Unary;

template <class RequestType, class Reply, Status (*function)(Call&, const RequestType&, Reply&)>
class Unary<function> {
 public:
  using Request = RequestType;

  void on_message(Call& call, const Request& request) {
    Reply reply{};
    const Status status = function(call, request, reply);
    if (call.finished() || (status.ok() && !call.send(reply))) return;
    call.finish(status);
  }
};

}  // namespace detail

template <auto function>
constexpr Method unary(std::string_view path) {
  return detail::method<detail::Unary<function>>(path, Kind::Unary);
}

template <class Handler>
constexpr Method server_streaming(std::string_view path) {
  return detail::method<Handler>(path, Kind::ServerStreaming);
}

template <class Handler>
constexpr Method client_streaming(std::string_view path) {
  return detail::method<Handler>(path, Kind::ClientStreaming);
}

template <class Handler>
constexpr Method bidi_streaming(std::string_view path) {
  return detail::method<Handler>(path, Kind::BidiStreaming);
}

}  // namespace mote::rpc

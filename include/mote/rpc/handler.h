// How a service author writes a method.
//
// Unary: a function.
//
//   rpc::Status reply(rpc::Call& call, const echo_EchoRequest& request, echo_EchoReply& reply);
//   constexpr rpc::Method kReply = rpc::unary<reply>("/echo.Echo/Reply");
//
// Streaming: a class, of which each call holds one object (at most Call::kHandlerBytes). It names its Request and has
// on_message(). A client-streaming or bidirectional handler also has on_half_close(), where its calls end; a server-streaming
// one has none, for it takes one message. The other functions are there where they are needed:
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
#include <type_traits>

#include "mote/message.h"
#include "mote/rpc/call.h"
#include "mote/rpc/method.h"

namespace mote::rpc {

namespace detail {

// Whether a handler has a function of that name, even one that is private or takes something else: then a name from
// elsewhere is ambiguous in a class that inherits both.
struct OnOpen {
  void on_open();
};
struct OnHalfClose {
  void on_half_close();
};
struct OnReady {
  void on_ready();
};
template <class Handler, class Name>
struct Both : Handler, Name {};

template <class Handler>
concept NamesOnOpen = !requires {
  &Both<Handler, OnOpen>::on_open;
};
template <class Handler>
concept NamesOnHalfClose = !requires {
  &Both<Handler, OnHalfClose>::on_half_close;
};
template <class Handler>
concept NamesOnReady = !requires {
  &Both<Handler, OnReady>::on_ready;
};

template <class Handler>
concept HasOpen = requires(Handler& handler, Call& call) {
  handler.on_open(call);
};
template <class Handler>
concept HasHalfClose = requires(Handler& handler, Call& call) {
  handler.on_half_close(call);
};
template <class Handler>
concept HasReady = requires(Handler& handler, Call& call) {
  handler.on_ready(call);
};
template <class Handler>
concept HasRequest = requires {
  nanopb::MessageDescriptor<typename Handler::Request>::fields();
};
template <class Handler>
concept HasMessage = requires(Handler& handler, Call& call, const typename Handler::Request& request) {
  handler.on_message(call, request);
};

// Says at compile time what is wrong with a handler: the first of these sentences that applies.
template <class Handler, Kind kind>
struct Fit {
  static constexpr bool kStreams = streams_requests(kind);
  static constexpr bool kRequest = HasRequest<Handler>;
  static constexpr bool kMessage = kRequest && HasMessage<Handler>;
  static constexpr bool kHalfClose = kMessage && (!kStreams || HasHalfClose<Handler>);
  static constexpr bool kOneMessage = kHalfClose && (kStreams || !NamesOnHalfClose<Handler>);
  static constexpr bool kOpen = kOneMessage && (HasOpen<Handler> || !NamesOnOpen<Handler>);
  static constexpr bool kReady = kOpen && (HasReady<Handler> || !NamesOnReady<Handler>);
  static constexpr bool kMade = kReady && std::is_default_constructible_v<Handler>;
  static constexpr bool kOk = kMade && sizeof(Handler) <= Call::kHandlerBytes;

  static_assert(kRequest, "a handler names the message that it takes: using Request = package_Message;");
  static_assert(kMessage || !kRequest, "a handler has a public on_message(rpc::Call&, const Request&)");
  static_assert(
      kHalfClose || !kMessage,
      "a client-streaming or bidirectional handler has a public on_half_close(rpc::Call&), where its calls end");
  static_assert(
      kOneMessage || !kHalfClose,
      "a server-streaming handler takes one message and has no on_half_close: is this method client_streaming "
      "or bidi_streaming?");
  static_assert(kOpen || !kOneMessage, "on_open is public and takes an rpc::Call&");
  static_assert(kReady || !kOpen, "on_ready is public and takes an rpc::Call&");
  static_assert(kMade || !kReady, "a handler is made without arguments");
  static_assert(kOk || !kMade, "a handler is at most Call::kHandlerBytes large, for it lives inside its call");
};

template <class Handler>
Handler& handler_of(Call& call) {
  return *std::launder(static_cast<Handler*>(call.handler()));
}

template <class Handler>
struct Events {
  static void construct(Call& call) { new (call.handler()) Handler(); }
  static void destroy(Call& call) { std::destroy_at(&handler_of<Handler>(call)); }

  static void open(Call& call) {
    if constexpr (HasOpen<Handler>) handler_of<Handler>(call).on_open(call);
  }

  static Status message(Call& call, const mote_piece* pieces, std::size_t size) {
    typename Handler::Request request;
    const codec::DecodeResult decoded = codec::decode(pieces, size, request);
    if (!decoded.ok()) return malformed(decoded);
    handler_of<Handler>(call).on_message(call, request);
    return {};
  }

  static void half_close(Call& call) {
    if constexpr (HasHalfClose<Handler>) handler_of<Handler>(call).on_half_close(call);
  }

  static void ready(Call& call) {
    if constexpr (HasReady<Handler>) handler_of<Handler>(call).on_ready(call);
  }
};

template <class Handler, Kind kind>
constexpr Method method(std::string_view path) {
  if constexpr (Fit<Handler, kind>::kOk) {
    using On = Events<Handler>;
    return {path, kind, On::construct, On::destroy, On::open, On::message, On::half_close, On::ready};
  } else {
    return {};
  }
}

template <auto function>
class Unary {
 public:
  static constexpr bool kIsMethod = false;
};

template <class RequestType, class Reply, Status (*function)(Call&, const RequestType&, Reply&)>
class Unary<function> {
 public:
  using Request = RequestType;
  static constexpr bool kIsMethod = true;

  void on_message(Call& call, const Request& request) {
    Reply reply{};
    const Status status = function(call, request, reply);
    if (call.finished() || (status.ok() && !call.send(reply))) return;
    call.finish(status);
  }
};

template <auto value>
inline constexpr bool kNoClass = false;

}  // namespace detail

template <auto function>
constexpr Method unary(std::string_view path) {
  using Handler = detail::Unary<function>;
  static_assert(Handler::kIsMethod,
                "a unary method is a function: rpc::Status name(rpc::Call&, const Request&, Reply&)");
  if constexpr (Handler::kIsMethod) {
    return detail::method<Handler, Kind::Unary>(path);
  } else {
    return {};
  }
}

template <class Handler>
constexpr Method server_streaming(std::string_view path) {
  return detail::method<Handler, Kind::ServerStreaming>(path);
}

template <class Handler>
constexpr Method client_streaming(std::string_view path) {
  return detail::method<Handler, Kind::ClientStreaming>(path);
}

template <class Handler>
constexpr Method bidi_streaming(std::string_view path) {
  return detail::method<Handler, Kind::BidiStreaming>(path);
}

// A class where a function belongs, and the other way round.

template <class Handler>
constexpr Method unary(std::string_view /*path*/) {
  static_assert(std::is_void_v<Handler>,
                "a unary method is a function: rpc::Status name(rpc::Call&, const Request&, Reply&)");
  return {};
}

template <auto function>
constexpr Method server_streaming(std::string_view /*path*/) {
  static_assert(detail::kNoClass<function>,
                "a streaming method is a class with on_message(rpc::Call&, const Request&)");
  return {};
}

template <auto function>
constexpr Method client_streaming(std::string_view path) {
  return server_streaming<function>(path);
}

template <auto function>
constexpr Method bidi_streaming(std::string_view path) {
  return server_streaming<function>(path);
}

}  // namespace mote::rpc

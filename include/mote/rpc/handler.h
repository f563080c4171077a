// How to write the methods of a service.
//
// A unary method is a function:
//
//   rpc::Status reply(rpc::Call& call, const echo_EchoRequest& request, echo_EchoReply& reply);
//   constexpr rpc::Method kReply = rpc::unary<reply>("/echo.Echo/Reply");
//
// A streaming method is a class. Each call contains one object of it, which has at most Call::kHandlerBytes bytes. The class
// defines the type Request and the function on_message(). Client-streaming and bidirectional handlers must define
// on_half_close(). Server-streaming handlers must not: they receive exactly one message. The other functions are optional:
//
//   class Chat {
//    public:
//     using Request = echo_EchoRequest;
//     void on_open(rpc::Call& call);                             // the metadata has arrived
//     void on_message(rpc::Call& call, const Request& request);  // a message has arrived
//     void on_half_close(rpc::Call& call);                       // the client has ended its stream
//     void on_ready(rpc::Call& call);                            // the time of wake_at(), or queued messages were sent, or
//                                                                // the server shuts down; spurious calls are possible
//     ~Chat();                                                   // the call has ended, for any reason
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

// Tests whether a handler has a function of that name, also if it is private or has other parameters: the name is then
// ambiguous in a class that inherits from the handler and from a struct with the same name.
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

// Reports the first error in a handler at compile time.
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

  static_assert(kRequest, "a handler must define its request message: using Request = package_Message;");
  static_assert(kMessage || !kRequest, "a handler must have a public on_message(rpc::Call&, const Request&)");
  static_assert(kHalfClose || !kMessage,
                "a client-streaming or bidirectional handler must have a public on_half_close(rpc::Call&)");
  static_assert(kOneMessage || !kHalfClose,
                "a server-streaming handler receives one message and must not have on_half_close; "
                "use client_streaming or bidi_streaming");
  static_assert(kOpen || !kOneMessage, "on_open must be public and take an rpc::Call&");
  static_assert(kReady || !kOpen, "on_ready must be public and take an rpc::Call&");
  static_assert(kMade || !kReady, "a handler must have a default constructor");
  static_assert(kOk || !kMade, "a handler must not be larger than Call::kHandlerBytes");
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

// A unary method, served by a function.
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

// A server-streaming method, served by a class.
template <class Handler>
constexpr Method server_streaming(std::string_view path) {
  return detail::method<Handler, Kind::ServerStreaming>(path);
}

// A client-streaming method, served by a class.
template <class Handler>
constexpr Method client_streaming(std::string_view path) {
  return detail::method<Handler, Kind::ClientStreaming>(path);
}

// A bidirectional method, served by a class.
template <class Handler>
constexpr Method bidi_streaming(std::string_view path) {
  return detail::method<Handler, Kind::BidiStreaming>(path);
}

// These overloads report a class where a function is required, and a function where a class is required. The API reference
// leaves them out.

// @cond

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

// @endcond

}  // namespace mote::rpc

// A section of the table of limits (limit_table.cpp). Connections and calls, in total and of one peer address.
#pragma once

#include "engine/limit_row.h"

namespace mote::engine {

#ifdef MOTE_TLS
inline constexpr std::size_t kConnectionLimitCount = 11;
#else
inline constexpr std::size_t kConnectionLimitCount = 9;
#endif

inline constexpr std::array<LimitSource, kConnectionLimitCount> kConnectionLimits = {{
    {.id = LimitId::MaxConnections,
     .name = "max-connections",
     .unit = Unit::Count,
     .min = 1,
     .max = 65536,
     .bounds = "Connections open at once, over all listeners.",
     .answer =
         "A further connection is accepted, gets GOAWAY ENHANCE_YOUR_CALM \"too many connections\" and is closed.",
     .counter = "connections_refused",
     .cost_text = "max-connections x one connection with the largest header table",
     .cost = connections<&Limits::max_connections>,
     .field = &Limits::max_connections},
    {.id = LimitId::MaxStreams,
     .name = "max-streams",
     .unit = Unit::Count,
     .min = 1,
     .max = 65536,
     .bounds = "Calls open at once, over all connections.",
     .answer = "RST_STREAM REFUSED_STREAM, which a client may retry (gRPC status UNAVAILABLE).",
     .counter = "streams_refused",
     .cost_text = "max-streams x one call",
     .cost = times<&Limits::max_streams, &EngineSizes::call>,
     .field = &Limits::max_streams},
    {.id = LimitId::MaxStreamsPerConnection,
     .name = "max-streams-per-connection",
     .unit = Unit::Count,
     .min = 1,
     .max = 65536,
     .bounds = "Calls open at once on one connection.",
     .answer = "SETTINGS_MAX_CONCURRENT_STREAMS announces it; a call above it gets RST_STREAM REFUSED_STREAM.",
     .counter = "connection_streams_refused",
     .cost_text = "none, counted in max-streams",
     .field = &Limits::max_streams_per_connection},
    {.id = LimitId::ListenBacklog,
     .name = "listen-backlog",
     .unit = Unit::Count,
     .min = 1,
     .max = 65535,
     .bounds =
         "Connections of one listener that the kernel keeps until the gateway accepts them. The kernel lowers it to "
         "net.core.somaxconn. A socket of the service manager keeps its own (Backlog=).",
     .answer = "The kernel ignores further SYNs, and the client repeats them after a second and later.",
     .counter = "listen_queues_full",
     .cost_text = "none in the gateway; in the kernel 2 to 3 KiB for each connection that waits",
     .field = &Limits::listen_backlog},
    {.id = LimitId::MaxAddresses,
     .name = "max-addresses",
     .unit = Unit::Count,
     .min = 1,
     .max = 65536,
     .bounds =
         "Peer addresses that are counted apart: an IPv4 address, the /64 of an IPv6 address, the user at the other "
         "end of a Unix socket. Further addresses count as one.",
     .answer = "Nothing.",
     .counter = "addresses_shared_a_row",
     .cost_text = "max-addresses x one row",
     .cost = times<&Limits::max_addresses, &EngineSizes::address>,
     .field = &Limits::max_addresses},
    {.id = LimitId::MaxConnectionsPerAddress,
     .name = "max-connections-per-address",
     .unit = Unit::Count,
     .min = 1,
     .max = 65536,
     .zero = Zero::Automatic,
     .bounds =
         "Connections of one peer address; 0 means as many as are free, but a quarter of max-connections when others "
         "connect. When none is free, an address within its quarter replaces a connection of an address above its "
         "quarter, or else of any address: first one that never had a call, then the one that is idle longest.",
     .answer =
         "A further connection gets GOAWAY ENHANCE_YOUR_CALM; a connection that makes room gets GOAWAY NO_ERROR \"too "
         "many connections: this one was idle longest\".",
     .counter = "address_connections_refused",
     .cost_text = "none, counted in max-connections",
     .field = &Limits::max_connections_per_address},
    {.id = LimitId::MaxStreamsPerAddress,
     .name = "max-streams-per-address",
     .unit = Unit::Count,
     .min = 1,
     .max = 65536,
     .zero = Zero::Automatic,
     .bounds = "Calls of one peer address; 0 means as many as are free, but a quarter of max-streams while others are "
               "connected and less than an eighth is free.",
     .answer = "RST_STREAM REFUSED_STREAM; an open call that makes room for others gets UNAVAILABLE.",
     .counter = "address_streams_refused",
     .cost_text = "none, counted in max-streams",
     .field = &Limits::max_streams_per_address},
    {.id = LimitId::ReservedConnections,
     .name = "reserved-connections",
     .unit = Unit::Count,
     .min = 0,
     .max = 1024,
     .bounds = "Connections beyond max-connections for peers on Unix sockets.",
     .answer = "Nothing.",
     .counter = "reserved_connections_used",
     .cost_text = "reserved-connections x one connection with the largest header table",
     .cost = connections<&Limits::reserved_connections>,
     .field = &Limits::reserved_connections},
    {.id = LimitId::ReservedStreams,
     .name = "reserved-streams",
     .unit = Unit::Count,
     .min = 0,
     .max = 1024,
     .bounds =
         "Calls beyond max-streams for health checks (grpc.health.v1.Health/Check); one address may use a quarter. "
         "message-timeout-ms bounds such a call from its start.",
     .answer = "Another call that finds only these places free gets RST_STREAM REFUSED_STREAM.",
     .counter = "reserved_streams_used",
     .cost_text = "reserved-streams x one call",
     .cost = times<&Limits::reserved_streams, &EngineSizes::call>,
     .field = &Limits::reserved_streams},
#ifdef MOTE_TLS
    {.id = LimitId::TlsHandshakes,
     .name = "tls-handshakes",
     .unit = Unit::Count,
     .min = 1,
     .max = 1024,
     .bounds = "TLS handshakes under way at once, over all listeners with TLS. One address may hold a quarter, and "
               "more while "
               "a quarter stays free.",
     .answer = "A further connection waits for a place; after preface-timeout-ms it is closed.",
     .counter = "tls_handshakes_waited",
     .cost_text = "tls-handshakes x the memory of one handshake, if a listener speaks TLS",
     .cost = tls_handshakes,
     .field = &Limits::tls_handshakes},
    {.id = LimitId::TlsHandshakePercent,
     .name = "tls-handshake-percent",
     .unit = Unit::Count,
     .min = 1,
     .max = 100,
     .bounds = "The part of the processor's time, in percent, that TLS handshakes may take while other connections "
               "have work. A single step of a handshake may exceed it.",
     .answer = "The next step of a handshake waits.",
     .counter = "tls_handshake_steps_delayed",
     .reloadable = true,
     .field = &Limits::tls_handshake_percent},
#endif
}};

}  // namespace mote::engine

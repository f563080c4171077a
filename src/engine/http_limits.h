// A section of the table of limits (limit_table.cpp). The listener of metrics and the status page. Its rows cost nothing while
// `http` is off.
#pragma once

#include "engine/limit_row.h"

namespace mote::engine {

inline constexpr std::array<LimitSource, 5> kHttpLimits = {{
    {.id = LimitId::HttpConnections,
     .name = "http-connections",
     .unit = Unit::Count,
     .min = 1,
     .max = 64,
     .bounds =
         "Connections open at once on the listener of metrics and the status page. When none is free, the one that "
         "is longest without a request makes room.",
     .answer = "A connection without a request is closed; if each has one, the new connection gets 503.",
     .counter = "http_connections_full",
     .cost_text = "http-connections x one connection with its buffer for replies, if http is on",
     .cost = http_connections,
     .field = &Limits::http_connections},
    {.id = LimitId::HttpRequestBytes,
     .name = "http-request-bytes",
     .unit = Unit::Bytes,
     .min = 512,
     .max = 64 * kKiB,
     .bounds = "The head of a request on that listener.",
     .answer = "431 Request Header Fields Too Large, then closed.",
     .counter = "http_requests_too_large",
     .cost_text = "its value for each of http-connections, if http is on",
     .cost = http_requests,
     .field = &Limits::http_request_bytes},
    {.id = LimitId::HttpTimeout,
     .name = "http-timeout-ms",
     .unit = Unit::Milliseconds,
     .min = 10,
     .max = kDayMs,
     .bounds =
         "Time for the head of a request on that listener from its first byte, and for the peer to read the reply.",
     .answer = "408 Request Timeout, then closed; nothing if the peer does not read: the connection is closed.",
     .counter = "http_timeouts",
     .reloadable = true,
     .field = &Limits::http_timeout},
    {.id = LimitId::HttpIdleTimeout,
     .name = "http-idle-timeout-ms",
     .unit = Unit::Milliseconds,
     .min = 10,
     .max = kDayMs,
     .bounds = "Time that a connection to that listener may stay without a request.",
     .answer = "Nothing: the connection is closed.",
     .counter = "http_idle_timeouts",
     .reloadable = true,
     .routine = true,
     .field = &Limits::http_idle_timeout},
    {.id = LimitId::MetricsMethods,
     .name = "metrics-methods",
     .unit = Unit::Count,
     .min = 1,
     .max = 4096,
     .bounds = "Methods that metrics count apart. The others, and calls of unknown methods, count as one.",
     .answer = "Nothing.",
     .counter = "methods_shared_a_row",
     .cost_text = "metrics-methods and one more x the counters of one method, if http is on",
     .cost = metrics_methods,
     .field = &Limits::metrics_methods},
}};

}  // namespace mote::engine

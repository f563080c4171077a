// A section of the table of limits (limit_table.cpp). Sizes of messages and header blocks, and the memory of buffers.
#pragma once

#include "engine/limit_row.h"

namespace mote::engine {

inline constexpr std::array<LimitSource, 18> kMemoryLimits = {{
    {.id = LimitId::MaxMessageBytes,
     .name = "max-message-bytes",
     .unit = Unit::Bytes,
     .min = kKiB,
     .max = 4 * kMiB,
     .bounds = "One gRPC message of a request, without its 5-byte prefix.",
     .answer = "RESOURCE_EXHAUSTED with the limit in grpc-message, before any memory is taken for the message.",
     .counter = "messages_too_large",
     .cost_text = "none, taken from buffer-bytes",
     .field = &Limits::max_message_bytes},
    {.id = LimitId::MaxHeaderBytes,
     .name = "max-header-bytes",
     .unit = Unit::Bytes,
     .min = 4096,
     .max = 8 * kKiB,
     .bounds = "The header list of one request: name + value + 32 for each field (RFC 9113 6.5.2).",
     .answer = "SETTINGS_MAX_HEADER_LIST_SIZE announces it; a larger list gets RESOURCE_EXHAUSTED with the limit in "
               "grpc-message, and spends reset-budget.",
     .counter = "header_lists_too_large",
     .cost_text = "its value, once: scratch memory that all connections share",
     .cost = itself<&Limits::max_header_bytes>,
     .field = &Limits::max_header_bytes},
    {.id = LimitId::MaxHeaderFields,
     .name = "max-header-fields",
     .unit = Unit::Count,
     .min = 8,
     .max = 1024,
     .bounds = "Fields in the header list of one request, pseudo-header fields included.",
     .answer = "As max-header-bytes.",
     .counter = "header_fields_too_many",
     .reloadable = true,
     .field = &Limits::max_header_fields},
    {.id = LimitId::MaxHeaderFrames,
     .name = "max-header-frames",
     .unit = Unit::Count,
     .min = 1,
     .max = 64,
     .bounds = "HEADERS and CONTINUATION frames of one header block.",
     .answer = "GOAWAY ENHANCE_YOUR_CALM \"header block in too many frames\".",
     .counter = "header_frames_too_many",
     .reloadable = true,
     .field = &Limits::max_header_frames},
    {.id = LimitId::MaxHeaderExcess,
     .name = "max-header-excess",
     .unit = Unit::Count,
     .min = 1,
     .max = 16,
     .bounds =
         "How many times max-header-bytes or max-header-fields one header block may have. A block above the limits is "
         "decoded up to this size, because the header table must stay in sync with the peer's.",
     .answer = "GOAWAY ENHANCE_YOUR_CALM \"header block far above the limits\".",
     .counter = "header_blocks_abandoned",
     .reloadable = true,
     .field = &Limits::max_header_excess},
    {.id = LimitId::MaxHeaderTableBytes,
     .name = "max-header-table-bytes",
     .unit = Unit::Bytes,
     .min = 0,
     .max = 4096,
     .bounds =
         "The HPACK dynamic table that a client may use once it has acknowledged our SETTINGS; until then it may use "
         "4,096 bytes, the initial value of RFC 9113. Below 4096, clients that ignore the setting fail: "
         "docs/limits.md lists them.",
     .answer = "SETTINGS_HEADER_TABLE_SIZE announces it; a client that exceeds it, or does not announce the smaller "
               "table (RFC 9113 4.3.1), gets GOAWAY COMPRESSION_ERROR.",
     .counter = "compression_errors",
     .cost_text = "none, counted in max-connections as 4,096 bytes for any value",
     .field = &Limits::max_header_table_bytes},
    {.id = LimitId::StreamWindowBytes,
     .name = "stream-window-bytes",
     .unit = Unit::Bytes,
     .min = kKiB,
     .max = 64 * kKiB - 1,
     .bounds =
         "What a client may send of a request before memory for the whole message is free; then the whole message "
         "is admitted.",
     .answer = "SETTINGS_INITIAL_WINDOW_SIZE announces it; WINDOW_UPDATE follows when the memory is free.",
     .counter = "messages_waited",
     .routine = true,
     .cost_text = "none, taken from buffer-bytes",
     .field = &Limits::stream_window_bytes},
    {.id = LimitId::BufferBytes,
     .name = "buffer-bytes",
     .unit = Unit::Bytes,
     .min = 64 * kKiB,
     .max = 1024 * kMiB,
     .zero = Zero::Automatic,
     .bounds = "The pool of blocks for incomplete messages, unsent replies and kept metadata; "
               "0 means max(1 MiB, 4 x max-message-bytes).",
     .answer = "RESOURCE_EXHAUSTED, which names this limit; if no single call is the cause, GOAWAY ENHANCE_YOUR_CALM "
               "\"no memory "
               "for the rest of a frame\".",
     .counter = "buffers_exhausted",
     .cost_text = "its value, in blocks",
     .cost = pool,
     .field = &Limits::buffer_bytes},
    {.id = LimitId::ConnectionBufferBytes,
     .name = "connection-buffer-bytes",
     .unit = Unit::Bytes,
     .min = 64 * kKiB,
     .max = 1024 * kMiB,
     .zero = Zero::Automatic,
     .bounds = "What one connection may use of the pool, unread replies included; 0 means "
               "max(512 KiB, 4 x max-message-bytes) + max-streams-per-connection x stream-window-bytes, but never "
               "more than buffer-bytes.",
     .answer = "As buffer-bytes; a connection whose unread replies do not fit is closed.",
     .counter = "connection_buffers_exhausted",
     .cost_text = "none, taken from buffer-bytes",
     .field = &Limits::connection_buffer_bytes},
    {.id = LimitId::BufferBytesPerAddress,
     .name = "buffer-bytes-per-address",
     .unit = Unit::Bytes,
     .min = 64 * kKiB,
     .max = 1024 * kMiB,
     .zero = Zero::Automatic,
     .bounds =
         "What one peer address may use of the pool; 0 means as much as is free, but a quarter of buffer-bytes while "
         "others are connected and less than an eighth is free, or a message of others waits.",
     .answer =
         "As buffer-bytes; an open call that makes room for others gets RESOURCE_EXHAUSTED, and a connection that does "
         "not read is closed.",
     .counter = "address_buffers_exhausted",
     .cost_text = "none, taken from buffer-bytes",
     .field = &Limits::buffer_bytes_per_address},
    {.id = LimitId::ReceiveBytes,
     .name = "receive-bytes",
     .unit = Unit::Bytes,
     .min = 20 * kKiB,
     .max = kMiB,
     .bounds = "The receive buffer that all connections share: the most that one connection reads in one turn.",
     .answer = "Nothing: the rest is read in the next turn.",
     .counter = "receive_buffer_full",
     .routine = true,
     .cost_text = "its value, once",
     .cost = itself<&Limits::receive_bytes>,
     .field = &Limits::receive_bytes},
    {.id = LimitId::SendBytes,
     .name = "send-bytes",
     .unit = Unit::Bytes,
     .min = 20 * kKiB,
     .max = kMiB,
     .bounds =
         "The send buffer that all connections share: the most that one connection writes in one turn, beside 512 "
         "KiB of a reply that is larger and that its socket has room for.",
     .answer = "Nothing: the rest is written in the next turn.",
     .counter = "send_buffer_full",
     .routine = true,
     .cost_text = "its value, once",
     .cost = itself<&Limits::send_bytes>,
     .field = &Limits::send_bytes},
    {.id = LimitId::SocketReceiveBytes,
     .name = "socket-receive-bytes",
     .unit = Unit::Bytes,
     .min = 4 * kKiB,
     .max = kMiB,
     .bounds = "What the kernel keeps of one connection until the gateway reads it (SO_RCVBUF).",
     .answer = "Nothing: TCP's window closes, and opens as the gateway reads.",
     .counter = "socket_receive_buffers_full",
     .cost_text = "for each connection, reserved ones and eight that are closing included: twice its value in the "
                  "kernel, which counts its own overhead, and 4 KiB for the socket",
     .cost = socket_receive,
     .field = &Limits::socket_receive_bytes},
    {.id = LimitId::SocketSendBytes,
     .name = "socket-send-bytes",
     .unit = Unit::Bytes,
     .min = 4 * kKiB,
     .max = kMiB,
     .bounds = "What the kernel keeps for one connection until the peer acknowledges it (SO_SNDBUF).",
     .answer = "Nothing: the rest waits in buffer-bytes.",
     .counter = "socket_send_buffers_full",
     .cost_text = "for each connection, reserved ones and eight that are closing included: twice its value in the "
                  "kernel, which counts its own overhead",
     .cost = socket_send,
     .field = &Limits::socket_send_bytes},
    {.id = LimitId::LargeSockets,
     .name = "large-sockets",
     .unit = Unit::Count,
     .min = 0,
     .max = 65536,
     .bounds = "Connections whose socket buffers grow to 64 KiB in both directions: when a message is larger than "
               "socket-receive-bytes, or a reply does not fit socket-send-bytes. A connection without calls gives its "
               "place to one that needs it.",
     .answer = "Nothing: the connection keeps its small buffers.",
     .counter = "large_sockets_missing",
     .cost_text = "large-sockets x the additional bytes of their buffers",
     .cost = large_sockets,
     .field = &Limits::large_sockets},
    {.id = LimitId::LargeWindows,
     .name = "large-windows",
     .unit = Unit::Count,
     .min = 0,
     .max = 65536,
     .bounds =
         "Connections whose calls may send 65,535 bytes at once instead of stream-window-bytes, so that a message of "
         "up to 65,530 bytes takes one round trip. Such a connection has a place of large-sockets, and buffer-bytes "
         "keeps 68 KiB free for it; there are fewer if buffer-bytes has less beside two messages of "
         "max-message-bytes, and none if connection-buffer-bytes is below 136 KiB. A connection without calls gives "
         "its place to one that needs it.",
     .answer = "SETTINGS_INITIAL_WINDOW_SIZE announces the windows, and later SETTINGS announce others. A call whose "
               "message is larger than its window waits for WINDOW_UPDATE, which takes a round trip.",
     .counter = "window_waits",
     .routine = true,
     .cost_text = "large-windows x one entry of a list; the rest is taken from buffer-bytes",
     .cost = times<&Limits::large_windows, &EngineSizes::large_window>,
     .field = &Limits::large_windows},
    {.id = LimitId::UploadWindows,
     .name = "upload-windows",
     .unit = Unit::Count,
     .min = 0,
     .max = 65536,
     .bounds =
         "Connections that may send upload-window-bytes ahead while they send messages above 64 KiB, so that an upload "
         "keeps a link busy. Such a connection is one of large-windows, and its socket buffers grow to 13/16 of "
         "upload-window-bytes in both directions; there are fewer if buffer-bytes has less beside large-windows. A "
         "connection without calls, or one of an address above its quarter, gives its place to one that needs it.",
     .answer = "Nothing: the connection keeps a window of 64 KiB.",
     .counter = "upload_windows_missing",
     .routine = true,
     .cost_text =
         "upload-windows x the additional bytes of their socket buffers, if max-message-bytes is above 64 KiB; "
         "the rest is taken from buffer-bytes",
     .cost = upload_windows,
     .field = &Limits::upload_windows},
    {.id = LimitId::UploadWindowBytes,
     .name = "upload-window-bytes",
     .unit = Unit::Bytes,
     .min = 128 * kKiB,
     .max = 16 * kMiB,
     .bounds =
         "What a connection of upload-windows may send ahead: bandwidth x round trip time. The default is enough for "
         "20 Mbit/s and 100 ms. Its next calls begin with a quarter of it, or 64 KiB. buffer-bytes keeps 8 KiB more "
         "than that free for each, and connection-buffer-bytes has to be twice as large, or no connection gets such a "
         "window. Above 256 KiB, net.core.rmem_max and wmem_max have to allow 13/16 of it.",
     .answer = "WINDOW_UPDATE follows what has arrived.",
     .counter = "upload_windows_missing",
     .routine = true,
     .cost_text = "none, in upload-windows",
     .field = &Limits::upload_window_bytes},
}};

}  // namespace mote::engine

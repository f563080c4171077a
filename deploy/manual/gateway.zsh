#compdef @PROGRAM@
_arguments \
  '*--config=[read settings from FILE ("key = value" lines)]:file:_files' \
  '*--no-sandbox[as --sandbox off, for debugging]' \
  '*--print-config[print the settings in force as a file that explains every key, and exit]' \
  '*--check-config[report all errors of the configuration, and exit]' \
  '*--help[print this, and exit]' \
  '*--version[print the version, and exit]' \
  '*--listen=[Where clients connect]:ADDRESS: ' \
  '*--trusted-proxy=[Peers that are exempt from the shares of addresses]:PREFIX: ' \
  '*--reuse-port=[Whether other gateways of the same user may listen on the same ports (SO_REUSEPORT)\: the kernel spreads connections over them]:value:(on off)' \
  '*--memory-budget=[The memory that the worst case of all limits may take; the gateway refuses to start above it]:BYTES: ' \
  '*--log-level=[The least important lines that are logged to stderr]:value:(error warn info debug)' \
  '*--sandbox=[Whether the kernel ends the gateway at a system call that serving does not need, and keeps it from other files (seccomp, Landlock)]:value:(on off)' \
  '*--reflection=[Whether clients may read the descriptors of the services (grpc.reflection.v1 and v1alpha)]:value:(on off)' \
  '*--gzip=[Whether messages may be compressed with gzip\: requests, and replies of at least 256 bytes to clients that accept it]:value:(on off)' \
  '*--tls-certificate=[The certificate of listeners with tls\:, in PEM; intermediate certificates follow it]:file:_files' \
  '*--tls-key=[The key of tls-certificate, in PEM, without a password]:file:_files' \
  '*--tls-client-ca=[Clients must have a certificate that one of the authorities in this PEM file signed]:file:_files' \
  '*--tls-allow=[Clients must have this name in their certificate (subject alternative name)]:NAME: ' \
  '*--tls-psk-file=[Pre-shared keys of clients without certificates\: lines "NAME KEY" with 16 to 32 random bytes in hexadecimal digits]:file:_files' \
  '*--tls-min-version=[The oldest version of TLS that clients may use]:value:(1.2 1.3)' \
  '*--tls-suites=[The cipher suites that clients may use, the preferred one first]:NAME: ' \
  '*--allow=[A rule "NAME /package.Service/Method"\: a caller with this name may call the method; * instead of the method stands for all methods of the service]:RULE: ' \
  '*--token-file=[Bearer tokens that name callers, for rules of allow\: lines "NAME HASH" with the SHA-256 of a token in hexadecimal digits]:file:_files' \
  '*--max-connections=[Connections open at once, over all listeners]:COUNT: ' \
  '*--max-streams=[Calls open at once, over all connections]:COUNT: ' \
  '*--max-streams-per-connection=[Calls open at once on one connection]:COUNT: ' \
  '*--listen-backlog=[Connections of one listener that the kernel keeps until the gateway accepts them]:COUNT: ' \
  '*--max-addresses=[Peer addresses that are counted apart\: an IPv4 address, the /64 of an IPv6 address, the user at the other end of a Unix socket]:COUNT: ' \
  '*--max-connections-per-address=[Connections of one peer address; 0 means as many as are free, but a quarter of max-connections when others connect]:COUNT: ' \
  '*--max-streams-per-address=[Calls of one peer address; 0 means as many as are free, but a quarter of max-streams while others are connected and less than an eighth is free]:COUNT: ' \
  '*--reserved-connections=[Connections beyond max-connections for peers on Unix sockets]:COUNT: ' \
  '*--reserved-streams=[Calls beyond max-streams for health checks (grpc.health.v1.Health/Check); one address may use a quarter]:COUNT: ' \
  '*--tls-handshakes=[TLS handshakes under way at once, over all listeners with TLS]:COUNT: ' \
  '*--tls-handshake-percent=[The part of the processor'\''s time, in percent, that TLS handshakes may take while other connections have work]:COUNT: ' \
  '*--max-message-bytes=[One gRPC message of a request, without its 5-byte prefix]:BYTES: ' \
  '*--max-header-bytes=[The header list of one request\: name + value + 32 for each field (RFC 9113 6.5.2)]:BYTES: ' \
  '*--max-header-fields=[Fields in the header list of one request, pseudo-header fields included]:COUNT: ' \
  '*--max-header-frames=[HEADERS and CONTINUATION frames of one header block]:COUNT: ' \
  '*--max-header-excess=[How many times max-header-bytes or max-header-fields one header block may have]:COUNT: ' \
  '*--max-header-table-bytes=[The HPACK dynamic table that a client may use once it has acknowledged our SETTINGS; until then it may use 4,096 bytes, the initial value of RFC 9113]:BYTES: ' \
  '*--stream-window-bytes=[What a client may send of a request before memory for the whole message is free; then the whole message is admitted]:BYTES: ' \
  '*--buffer-bytes=[The pool of blocks for incomplete messages, unsent replies and kept metadata; 0 means max(1 MiB, 4 x max-message-bytes)]:BYTES: ' \
  '*--connection-buffer-bytes=[What one connection may use of the pool, unread replies included; 0 means max(512 KiB, 4 x max-message-bytes) + max-streams-per-connection x stream-window-bytes, but never more than buffer-bytes]:BYTES: ' \
  '*--buffer-bytes-per-address=[What one peer address may use of the pool; 0 means as much as is free, but a quarter of buffer-bytes while others are connected and less than an eighth is free, or a message of others waits]:BYTES: ' \
  '*--receive-bytes=[The receive buffer that all connections share\: the most that one connection reads in one turn]:BYTES: ' \
  '*--send-bytes=[The send buffer that all connections share\: the most that one connection writes in one turn, beside 512 KiB of a reply that is larger and that its socket has room for]:BYTES: ' \
  '*--socket-receive-bytes=[What the kernel keeps of one connection until the gateway reads it (SO_RCVBUF)]:BYTES: ' \
  '*--socket-send-bytes=[What the kernel keeps for one connection until the peer acknowledges it (SO_SNDBUF)]:BYTES: ' \
  '*--large-sockets=[Connections whose socket buffers grow to 64 KiB in both directions\: when a message is larger than socket-receive-bytes, or a reply does not fit socket-send-bytes]:COUNT: ' \
  '*--large-windows=[Connections whose calls may send 65,535 bytes at once instead of stream-window-bytes, so that a message of up to 65,530 bytes takes one round trip]:COUNT: ' \
  '*--upload-windows=[Connections that may send upload-window-bytes ahead while they send messages above 64 KiB, so that an upload keeps a link busy]:COUNT: ' \
  '*--upload-window-bytes=[What a connection of upload-windows may send ahead\: bandwidth x round trip time]:BYTES: ' \
  '*--reset-budget=[Resets that one connection may spend\: its own (see early-reset-ms), those that it provokes, and calls that are refused for a malformed or too large header section or message]:COUNT: ' \
  '*--reset-refill=[Resets refunded to one connection per second, up to reset-budget]:COUNT: ' \
  '*--early-reset-ms=[Age of a call below which a reset by its peer spends reset-budget]:MS: ' \
  '*--free-refusals=[Calls of one connection that may be refused for lack of calls or memory before such a refusal spends reset-budget]:COUNT: ' \
  '*--idle-frame-budget=[Frames without progress that one connection may spend\: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA, unknown types]:COUNT: ' \
  '*--idle-frame-refill=[Frames without progress refunded to one connection per second, up to idle-frame-budget]:COUNT: ' \
  '*--turn-bytes=[Work of one connection before the others get their turn\: bytes that it reads, without the rest of a DATA frame, and bytes of header fields that it decodes and of metadata of its replies]:BYTES: ' \
  '*--turn-fields=[Header fields that one connection decodes before the others get their turn]:COUNT: ' \
  '*--turn-frames=[Frames of one connection that are handled before the others get their turn; four times as many frames of DATA are sent]:COUNT: ' \
  '*--preface-timeout-ms=[Time from accepting a connection to its complete preface and first SETTINGS (RFC 9113 3.4)]:MS: ' \
  '*--settings-timeout-ms=[Time from the client'\''s preface to its acknowledgement of our SETTINGS (RFC 9113 6.5.3)]:MS: ' \
  '*--header-timeout-ms=[Time from the start of a header block to its end, longer by the time that min-progress-bytes allows for its bytes]:MS: ' \
  '*--message-timeout-ms=[Time from the start of a message to its end, longer by the time that min-progress-bytes allows for its bytes; and from the head of a request that is not a gRPC call to its end]:MS: ' \
  '*--min-progress-bytes=[The rate at which a connection must make progress\: each byte extends header-timeout-ms, message-timeout-ms and write-stall-ms by the time that it takes at this rate, and never beyond the full time from now]:COUNT: ' \
  '*--idle-timeout-ms=[Time that a connection may stay without an open call]:MS: ' \
  '*--call-idle-timeout-ms=[Time that a call may stay open without a message in either direction]:MS: ' \
  '*--keepalive-ms=[Time without bytes from a peer after which the gateway checks that it is alive]:MS: ' \
  '*--keepalive-timeout-ms=[Time for the acknowledgement of that PING]:MS: ' \
  '*--write-stall-ms=[Time without progress (min-progress-bytes) while bytes wait for the peer to read them or to open a window]:MS: ' \
  '*--max-connection-age-seconds=[Age at which a connection accepts no new calls, so that its client connects again and may reach another gateway]:SECONDS: ' \
  '*--max-connection-age-grace-seconds=[Time for open calls to end after max-connection-age-seconds]:SECONDS: ' \
  '*--tcp-keepalive-seconds=[Time without a segment from a peer after which the kernel sends keepalive probes, one each tcp-keepalive-seconds, and ends the connection when the third has no answer (tcp(7))]:SECONDS: ' \
  '*--drain-seconds=[Time for open calls to end after SIGTERM or SIGINT]:SECONDS: ' \
  '*--log-rate=[Log lines of each event ("event=") per second that peers can cause]:COUNT: ' \
  '*--http=[Where metrics for Prometheus (/metrics), the status page (/) and its numbers (/stats.json) are, over HTTP/1.1 without a password\: on another address than 127.0.0.1, everybody who reaches it reads them]:ADDRESS: ' \
  '*--http-host=[Under which names the listener of http is reached, and by gRPC-Web those with TLS, besides numeric addresses and localhost]:NAME: ' \
  '*--web-origin=[Pages of these origins may make gRPC-Web calls on listeners with TLS and on that of http, where the status page may too]:ORIGIN: ' \
  '*--http-connections=[Connections open at once on the listener of metrics and the status page]:COUNT: ' \
  '*--http-request-bytes=[The head of a request on that listener]:BYTES: ' \
  '*--http-timeout-ms=[Time for the head of a request on that listener from its first byte, and for the peer to read the reply]:MS: ' \
  '*--http-idle-timeout-ms=[Time that a connection to that listener may stay without a request]:MS: ' \
  '*--metrics-methods=[Methods that metrics count apart]:COUNT: '

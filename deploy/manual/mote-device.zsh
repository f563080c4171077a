#compdef mote-device
_arguments \
  '*--target=[the server\: name, IPv4, \[IPv6\] or unix\:PATH (default 127.0.0.1\:50051)]:HOST\:PORT: ' \
  '*--message=[the text to send (default hello)]:TEXT: ' \
  '*--size=[the size of the message\: the text is repeated or truncated to it (64KiB, 1MiB)]:BYTES: ' \
  '*--count=[the number of calls, or of messages in a stream; 0\: until Ctrl-C (default 5)]:N: ' \
  '*--interval=[the time between two calls or messages (default 1000; 0\: none)]:MS: ' \
  '*--mode=[the method\: reply, reply-stream, collect or chat of Echo, or health (default reply)]:value:(reply reply-stream collect chat health)' \
  '*--deadline=[the deadline of a call including its connection (default 10000; for a stream none)]:MS: ' \
  '*--metadata=[send metadata (up to 16) and show what the server returns (bytes\: NAME-bin=BASE64)]:NAME=VALUE: ' \
  '*--timing[show the delays to the gateway, inside it and back separately]' \
  '*--plot=[write a plot of the run]:file:_files' \
  '*--tls-ca=[use TLS\: authorities, one of which must have signed the server'\''s certificate]:file:_files' \
  '*--tls-cert=[the certificate of this device, for servers that require one]:file:_files' \
  '*--tls-key=[the key of --tls-cert]:file:_files' \
  '*--tls-server-name=[the name that the server'\''s certificate must contain (default\: the host of --target)]:NAME: ' \
  '*--tls-psk-file=[use TLS with a pre-shared key\: one line NAME KEY]:file:_files' \
  '*--json[print one JSON object per line]' \
  '*--quiet[print only the summary]' \
  '*--text[print only the text of the answers]' \
  '*--help[print this text or the version]' \
  '*--version[print this text or the version]'

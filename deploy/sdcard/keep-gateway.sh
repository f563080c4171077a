#!/bin/sh
# Starts a gateway again that ended by itself, and keeps its log, which is in memory, short.
log=/var/log/mote-gateway.log
most_bytes=1048576

# The process in the pid file when it is gone. A stopped gateway has no pid file.
gone() {
  read -r pid </run/mote-gateway.pid && ! kill -0 "$pid" && echo "$pid"
}

while :; do
  sleep 2
  # A second look: while it is being stopped the file stays for a moment behind the process.
  first=$(gone 2>/dev/null) && sleep 3 && second=$(gone 2>/dev/null) && [ "$first" = "$second" ] &&
    /etc/init.d/mote-gateway start
  if [ "$(wc -c <$log)" -gt $most_bytes ]; then
    tail -n 100 $log >$log.1
    : >$log
  fi
done

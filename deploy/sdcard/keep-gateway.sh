#!/bin/sh
# Restarts a gateway that has crashed, and rotates its log, which is in memory: at most two files of most_bytes.
log=@LOG@
most_bytes=1048576

# Prints the process in the pid file if it no longer exists. A stopped gateway has no pid file.
gone() {
  read -r pid </run/@UNIT@.pid && ! kill -0 "$pid" && echo "$pid"
}

while :; do
  sleep 2
  # Check twice: during a stop, the file exists slightly longer than the process.
  first=$(gone 2>/dev/null) && sleep 3 && second=$(gone 2>/dev/null) && [ "$first" = "$second" ] &&
    /etc/init.d/@UNIT@ start
  if [ "$(wc -c <$log)" -gt $most_bytes ]; then
    tail -c $most_bytes $log >$log.1
    : >$log
  fi
done

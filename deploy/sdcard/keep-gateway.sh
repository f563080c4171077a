#!/bin/sh
# Restarts a gateway that has crashed, ends one that hangs, rotates the logs, and saves the time.
# shellcheck source=deploy/listening.sh
. /usr/lib/@NAME@/listening
log=@LOG@
# A gateway hangs if so many checks in a row fail, one every 10 seconds. A start, a stop and a busy board take less.
most_failures=4

# Prints the process in the pid file. A stopped gateway has no pid file.
expected() {
  { read -r pid </run/@UNIT@.pid; } 2>/dev/null && echo "$pid"
}

# Prints that process if it no longer exists.
gone() {
  pid=$(expected) && ! kill -0 "$pid" 2>/dev/null && echo "$pid"
}

# The watchdog restarts the board if this time does not change.
report() {
  read -r uptime _ </proc/uptime
  echo "${uptime%%.*}" >/run/keep-gateway.new && mv /run/keep-gateway.new /run/keep-gateway
}

answers() {
  for at in $(listening "$1"); do
    report
    @HOME@/current/bin/@CHECK@ --target "$at" --mode health --message "@SERVICE@" --count 1 --deadline 5000 >/dev/null 2>&1 && return 0
  done
  return 1
}

# check: counts the failures of one process, and kills it when there are too many. It is then gone, and is restarted.
check() {
  pid=$(expected) || return 0
  if [ "$pid" != "${checked:-}" ] || answers "$pid"; then
    failures=0
  else
    failures=$((failures + 1))
  fi
  checked=$pid
  [ "$failures" -ge $most_failures ] || return 0
  echo "keep-gateway: the gateway does not answer: killed" >>$log
  kill -KILL "$pid"
}

# The time of this file is the first one of the next boot. chronyd writes it seldom, and not before a power cut.
save_time() {
  file=/data/chrony/drift
  [ ! -e $file ] || [ "$(date +%s)" -le "$(date -r $file +%s)" ] || touch $file
}

# rotate LOG BYTES OLD
rotate() {
  [ ! -e "$1" ] || [ "$(wc -c <"$1")" -le "$2" ] || /usr/lib/@NAME@/rotate-log "$1" "$3"
}

turn=0
while :; do
  report
  sleep 2
  # Check twice: during a stop, the file exists slightly longer than the process.
  first=$(gone) && sleep 3 && second=$(gone) && [ "$first" = "$second" ] && /etc/init.d/@UNIT@ start
  [ $((turn % 5)) -ne 0 ] || check
  # Every ten minutes.
  [ $turn -ne 0 ] || save_time
  turn=$(((turn + 1) % 300))
  rotate $log 1048576 4
  rotate /var/log/messages 262144 1
done

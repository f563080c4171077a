#!/bin/sh
# rotate-log LOG OLD: keeps the log as LOG.1, and at most OLD files in all. Who writes it appends to the file that is open: it is copied and
# emptied.
log=$1
number=$2
while [ "$number" -gt 1 ]; do
  older=$number
  number=$((number - 1))
  [ ! -e "$log.$number" ] || mv -f "$log.$number" "$log.$older"
done
[ ! -s "$log" ] || cp "$log" "$log.1"
: >"$log"

#!/bin/sh
# Keeps the log as log.1, and at most three older ones. The gateway appends to the file that is open: it is copied and emptied.
log=@LOG@
for number in 3 2 1; do
  [ ! -e $log.$number ] || mv -f $log.$number $log.$((number + 1))
done
[ ! -s $log ] || cp $log $log.1
: >$log

#!/bin/sh
# Sets the clock, which begins at 1970: the servers of DHCP and those of the file time-servers on the boot partition. -s: until one
# answers, the clock continues where it was when chronyd last wrote its file.
config=/run/chrony/chrony.conf
mkdir -p /data/chrony
# Less than the time of any release.
[ -e /data/chrony/drift ] || echo "0.0 1000.0" >/data/chrony/drift
chown -R _chrony:_chrony /data/chrony
{
  cat /run/chrony/dhcp 2>/dev/null
  tr -d '\r' </boot/time-servers
  # Correct any error at once, and serve nobody.
  echo "driftfile /data/chrony/drift
makestep 1 -1
port 0
cmdport 0
bindcmdaddress /
pidfile /run/chrony/chronyd.pid"
} >$config
exec chronyd -n -s -u _chrony -f $config

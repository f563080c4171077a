#!/bin/sh
# Runs DHCP on each network adapter when it appears.
while :; do
  for device in /sys/class/net/*/device; do
    interface=${device%/device}
    interface=${interface##*/}
    pid_file=/run/dhcp/$interface
    [ -e "$device" ] || continue
    if [ ! -s "$pid_file" ] || ! kill -0 "$(cat "$pid_file")" 2>/dev/null; then
      ip link set "$interface" up
      udhcpc -f -S -O ntpsrv -i "$interface" -s /usr/lib/@NAME@/dhcp -x "hostname:$(hostname)" </dev/null >/dev/null 2>&1 &
      echo $! >"$pid_file"
    fi
  done
  sleep 2
done

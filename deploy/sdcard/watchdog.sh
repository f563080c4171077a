#!/bin/sh
# Feeds the watchdog of the board as long as keep-gateway works, which restarts the gateway. If the kernel, this process or keep-gateway
# hangs, the board restarts. The BCM2835 waits 15 seconds.
device=/dev/watchdog
# For one step of keep-gateway: it may wait a minute for another start of the gateway, or five seconds for its answer at an address.
most_seconds=120

uptime_seconds() {
  read -r uptime _ </proc/uptime
  echo "${uptime%%.*}"
}

if [ ! -e $device ]; then
  echo "watchdog: this board has none"
  exec sleep 2147483647
fi
exec 3>$device
# At a shutdown the watchdog is stopped.
trap 'printf V >&3; exit' TERM
begun=$(uptime_seconds)
while :; do
  { read -r alive </run/keep-gateway; } 2>/dev/null || alive=$begun
  [ $(($(uptime_seconds) - alive)) -lt $most_seconds ] || break
  printf . >&3
  sleep 4 3>&-
done
echo "watchdog: keep-gateway hangs: the board is restarted" >/dev/console
sync
# Closing the device would end this process, and init would start it again.
exec sleep 2147483647

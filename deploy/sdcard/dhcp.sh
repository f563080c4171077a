#!/bin/sh
# udhcpc runs this script with the lease in the environment.
# shellcheck disable=SC2154
case $1 in
  deconfig) ip address flush dev "$interface" ;;
  bound | renew)
    ifconfig "$interface" "$ip" netmask "$subnet"
    for gateway in $router; do
      ip route replace default via "$gateway" dev "$interface"
      break
    done
    for server in $dns; do
      echo "nameserver $server"
    done >/run/resolv.conf
    for server in $ntpsrv; do
      echo "server $server iburst"
    done >/run/chrony/dhcp.new
    if cmp -s /run/chrony/dhcp.new /run/chrony/dhcp; then
      rm /run/chrony/dhcp.new
    else
      # init starts it again, with these servers.
      mv /run/chrony/dhcp.new /run/chrony/dhcp
      killall chronyd 2>/dev/null
    fi
    [ "$1" = renew ] || echo "network: $interface has $ip" >/dev/console
    ;;
esac

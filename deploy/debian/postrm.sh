#!/bin/sh
# The user stays, as Debian's users of services do: files of its own would else become those of the next one with its number.
set -e

if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload >/dev/null || true
fi
if [ "$1" = remove ] && command -v deb-systemd-helper >/dev/null; then
  deb-systemd-helper mask mote-gateway.service >/dev/null || true
fi
if [ "$1" = purge ]; then
  if command -v deb-systemd-helper >/dev/null; then
    deb-systemd-helper purge mote-gateway.service >/dev/null || true
    deb-systemd-helper unmask mote-gateway.service >/dev/null || true
  fi
  # dpkg has taken the configuration; what else is there is not ours.
  rmdir --ignore-fail-on-non-empty /etc/mote 2>/dev/null || true
fi

#!/bin/sh
# An upgrade lets it run until the new one is there.
set -e

if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  deb-systemd-invoke stop mote-gateway.service >/dev/null || true
fi

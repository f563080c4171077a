#!/bin/sh
# During an upgrade the service runs until the new version is installed.
set -e

if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  deb-systemd-invoke stop @UNIT@.socket @UNIT@.service >/dev/null || true
fi

#!/bin/sh
# The user is not removed, as usual in Debian: otherwise a new user with the same id would own its files.
set -e

if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload >/dev/null || true
fi
if [ "$1" = remove ] && command -v deb-systemd-helper >/dev/null; then
  deb-systemd-helper mask @UNIT@.service @UNIT@.socket >/dev/null || true
fi
if [ "$1" = purge ]; then
  if command -v deb-systemd-helper >/dev/null; then
    deb-systemd-helper purge @UNIT@.service @UNIT@.socket >/dev/null || true
    deb-systemd-helper unmask @UNIT@.service @UNIT@.socket >/dev/null || true
  fi
  # dpkg has removed the configuration. Other files belong to the user.
  rmdir --ignore-fail-on-non-empty @CONFIG_FOLDER@ 2>/dev/null || true
fi

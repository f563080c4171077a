#!/bin/sh
# Makes the user and enables the service. Restarts it after an upgrade.
set -e

if [ "$1" = configure ]; then
  if ! getent passwd @USER@ >/dev/null; then
    adduser --system --group --quiet --no-create-home --home /nonexistent --gecos "@TITLE@" @USER@
  fi
  if [ -z "$2" ]; then
    echo "@PROGRAM@ listens on 127.0.0.1:@PORT@ and @SOCKET@: only programs on this machine can call it."
    echo "To accept calls from the network, change listen in @CONFIG@ and run: systemctl restart @UNIT@"
    echo "Traffic is plaintext and unauthenticated: everyone who can reach the address can call."
  fi
fi

case $1 in
  configure | abort-upgrade | abort-deconfigure | abort-remove)
    deb-systemd-helper unmask @UNIT@.service >/dev/null || true
    # A disabled service stays disabled after an upgrade.
    if deb-systemd-helper --quiet was-enabled @UNIT@.service; then
      deb-systemd-helper enable @UNIT@.service >/dev/null || true
    else
      deb-systemd-helper update-state @UNIT@.service >/dev/null || true
    fi
    # The administrator may enable the socket.
    if deb-systemd-helper debian-installed @UNIT@.socket; then
      deb-systemd-helper unmask @UNIT@.socket >/dev/null || true
      if deb-systemd-helper --quiet was-enabled @UNIT@.socket; then
        deb-systemd-helper enable @UNIT@.socket >/dev/null || true
      fi
    fi
    deb-systemd-helper update-state @UNIT@.socket >/dev/null || true
    if [ -d /run/systemd/system ]; then
      systemctl --system daemon-reload >/dev/null || true
      if [ -z "$2" ] || ! systemctl --quiet is-active @UNIT@.service; then
        deb-systemd-invoke start @UNIT@.service >/dev/null || true
      else
        # With a configuration that it refuses, the new version would not start: the old one continues.
        if ! @PROGRAM@ --config @CONFIG@ --check-config >/dev/null; then
          echo "@PROGRAM@ was not restarted: the new version refuses @CONFIG@. Correct it, then run: dpkg --configure -a" >&2
          exit 1
        fi
        deb-systemd-invoke restart @UNIT@.service >/dev/null
      fi
    fi
    ;;
esac

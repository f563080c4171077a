#!/bin/sh
# A login on the serial console, if the image has a password for it.
case $(sed -n 's/^root:\([^:]*\):.*/\1/p' /etc/shadow) in
  \$*) ;;
  *)
    echo "console: this image has no password: log in over ssh"
    exec sleep 2147483647
    ;;
esac
# The last console of the kernel. /dev/console itself cannot be the terminal of a session.
consoles=$(cat /sys/class/tty/console/active)
exec getty -L 0 "${consoles##* }" vt100

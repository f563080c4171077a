#!/bin/sh
# The ssh server, with a host key that the first start makes. The gateway does not wait for it: a key takes random numbers, which a
# board may gather slowly.
key=/data/ssh/host_key
if [ ! -s $key ]; then
  rm -f $key.new
  dropbearkey -t ed25519 -f $key.new >/dev/null && sync && mv $key.new $key && sync
fi
# For whoever compares it with what ssh asks about on the first login.
echo "ssh-server: host key $(dropbearkey -y -f $key | sed -n 's/^Fingerprint: //p')"
exec dropbear -F -s -r $key

#!/bin/sh
# The ssh server. The first start makes its host key. The gateway does not wait for it: a key needs random numbers, which a
# board may collect slowly.
key=/data/ssh/host_key
if [ ! -s $key ]; then
  rm -f $key.new
  dropbearkey -t ed25519 -f $key.new >/dev/null && sync && mv $key.new $key && sync
fi
# For comparison with the fingerprint that ssh shows at the first login.
echo "ssh-server: host key $(dropbearkey -y -f $key | sed -n 's/^Fingerprint: //p')"
exec dropbear -F -s -r $key

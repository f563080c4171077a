#!/bin/sh
# init runs this once, before it starts the services of inittab. The root partition stays read-only: all files are written to
# memory or to the data partition, which contains the releases, their init script, and the host key of the ssh server.
release=/usr/lib/@NAME@/release
export PATH=/sbin:/usr/sbin:/bin:/usr/bin

mount -t tmpfs -o nosuid,nodev,mode=0755,size=8m run /run
mount -t tmpfs -o nosuid,nodev,mode=0755,size=16m var /var
mount -t tmpfs -o nosuid,nodev,mode=1777,size=16m tmp /tmp
mkdir -p /var/log /dev/pts /run/dhcp /run/chrony
mount -t devpts -o nosuid,noexec,mode=0620,gid=5 devpts /dev/pts
ip link set lo up

if ! mount -t vfat -o ro,nosuid,nodev,noexec,umask=0022 "$(findfs LABEL=@BOOT_LABEL@)" /boot; then
  echo "rc: cannot mount the boot partition: there are no ssh keys and no gateway.conf"
fi
# Editors of other systems may end lines with CR LF.
hostname=$(tr -d '\r' </boot/hostname | head -n 1)
hostname "${hostname:-@NAME@}"
mkdir -m 0700 /run/home /run/home/.ssh
tr -d '\r' </boot/authorized_keys >/run/home/.ssh/authorized_keys
chmod 600 /run/home/.ssh/authorized_keys

# commit: a power cut loses the log of the last 30 seconds, and the card is written less often.
if ! mount -t ext4 -o noatime,nosuid,nodev,commit=30 "$(findfs LABEL=@DATA_LABEL@)" /data; then
  echo "rc: cannot mount the data partition: the release of the image runs, and pushed releases are lost at power off"
  mount -t tmpfs -o nosuid,nodev,size=64m data /data
fi
mkdir -p /data@HOME@/releases /data/init.d /data/ssh /data/log
mount -o bind /data/log /var/log
# A log for each boot.
/usr/lib/@NAME@/rotate-log @LOG@ 4

# A board without a clock begins at 1970: it is not earlier than this image.
built=$(cat /usr/lib/@NAME@/built)
[ "$(date +%s)" -ge "$built" ] || date -s "@$built" >/dev/null

# Install the release of the image if there is no complete one: at the first start, after `deploy remove`, on a worn-out card.
if ! (cd /data@HOME@/current && sha256sum -c SHA256SUMS) >/dev/null 2>&1; then
  version=$(cat $release/VERSION)
  rm -rf /data@HOME@/.seed "/data@HOME@/releases/$version"
  cp -r $release /data@HOME@/.seed && sync && mv /data@HOME@/.seed "/data@HOME@/releases/$version" && sync &&
    ln -sfn "releases/$version" /data@HOME@/current
fi
if [ ! -s /data/init.d/@UNIT@ ]; then
  cp /data@HOME@/current/@UNIT@.init /data/init.d/.new && chmod 755 /data/init.d/.new && sync &&
    mv /data/init.d/.new /data/init.d/@UNIT@
fi
sync
mount -o bind /data/opt /opt
mount -o bind /data/init.d /etc/init.d

mkdir -p /run/@NAME@
if [ -e @HOME@/current/managed ]; then
  ln -s @HOME@/current/gateway.conf /run/@NAME@/gateway.conf
  ln -s /boot/gateway.conf /run/@NAME@/gateway.conf.owner
elif [ -e /boot/gateway.conf ]; then
  ln -s /boot/gateway.conf /run/@NAME@/gateway.conf
else
  echo "rc: the boot partition has no gateway.conf: using the one of the release"
  cp @HOME@/current/gateway.conf /run/@NAME@/gateway.conf
fi

/etc/init.d/@UNIT@ start || echo "rc: the gateway did not start; see @LOG@"

#!/bin/sh
# The first process: loads the drivers of the image, then runs init of the root partition.
export PATH=/bin
busybox mkdir -p /proc /sys /dev /sysroot
busybox mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys

while read -r module; do
  busybox insmod "/modules/$module" || echo "initramfs: cannot load $module"
done </modules/order

# Cards appear some seconds after their driver is loaded.
left=60
until root=$(busybox findfs LABEL=@ROOT_LABEL@ 2>/dev/null); do
  left=$((left - 1))
  if [ "$left" -le 0 ]; then
    echo "initramfs: no partition has the label @ROOT_LABEL@; restarting"
    busybox reboot -f
  fi
  busybox sleep 0.5
done
if ! busybox mount -t ext4 -o ro "$root" /sysroot; then
  echo "initramfs: cannot mount $root; restarting in 10 s"
  busybox sleep 10
  busybox reboot -f
fi
for place in dev proc sys; do
  busybox mount -o move "/$place" "/sysroot/$place"
done
exec busybox switch_root /sysroot /sbin/init

# Root folders of other Debian releases, for scripts that run as root. To be sourced from the folder of the project.
# shellcheck shell=bash

# make_root ROOT SUITE SOURCES PACKAGES [OPTION...]: a minimal Debian in the folder ROOT. SOURCES are lines of a sources.list, and OPTIONs are
# those of mmdebstrap. The root folder gets the certificate authorities of the host; enter() gives it the name server and proxies.
make_root() {
  local root=$1 suite=$2 sources=$3 packages=$4
  shift 4
  rm -rf "$root"
  mkdir -p "$root"
  # Without fsync, packages install in half the time. A power cut may damage this system.
  mmdebstrap --mode=root --variant=minbase --dpkgopt=force-unsafe-io --include="ca-certificates,$packages" "$@" "$suite" "$root" - \
    <<<"$sources" || return 1
  cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null
  chroot "$root" update-ca-certificates >/dev/null || return 1
  # Packages must not start services.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod +x "$root/usr/sbin/policy-rc.d"
}

# enter ROOT COMMAND...: runs it in the root folder, and ends all processes that it started. The mounts are in a separate mount namespace,
# so none is left when it ends.
enter() {
  local root=$1 name
  local -a variables=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt)
  shift
  for name in http_proxy https_proxy no_proxy MOTE_DOWNLOADS; do
    [[ ${!name:-} ]] && variables+=("$name=${!name}")
  done
  # shellcheck disable=SC2016
  unshare --mount --pid --fork --kill-child --propagation private bash -c '
    root=$1
    shift
    mount -t proc proc "$root/proc" && mount --rbind /sys "$root/sys" && mount --rbind /dev "$root/dev" || exit 1
    cat /etc/resolv.conf >"$root/etc/resolv.conf"
    cat /etc/hosts >"$root/etc/hosts"
    exec chroot "$root" env -i "$@"' enter "$root" "${variables[@]}" "$@"
}

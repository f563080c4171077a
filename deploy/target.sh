#!/bin/sh
# The side of a deployment that runs on the gateway's machine: deploy/deploy sends this text over ssh and runs it with a verb
# below. POSIX sh; beside it only what coreutils or busybox have.
#
#   <root>/opt/mote/releases/<version>/   whole releases, each with its SHA256SUMS
#   <root>/opt/mote/current, previous     links to two of them; changed by rename, so that either is whole at any moment
#   <root>/etc/mote/gateway.conf          the configuration, written once and then the owner's
#
# Whatever stops this script, power cuts included, `current` names a whole release: one gets its name under releases/ only
# when all its bytes are there, checked and on the disk.
#
# Exit codes: 0 done; 1 refused or failed, nothing was changed; 3 the new version was not healthy and the previous one is back;
# 4 as 3, but no healthy version runs.
set -u
# What is installed is read by a service that is not root, whatever the login's umask is.
umask 022

root=$1 manager=$2 verb=$3
shift 3

home=$root/opt/mote
config=$root/etc/mote/gateway.conf
init=$root/etc/init.d/mote-gateway
unit=$root/etc/systemd/system/mote-gateway.service
lock=$home/.lock

refuse() {
  echo "$*" >&2
  exit 1
}

step() { echo "step $1"; }

# --- One deployment at a time ---

take_lock() {
  mkdir -p "$home/releases" || refuse "cannot write to $home"
  # A link that says whose it is: the process, and when the machine was started, for a number is another's after that.
  boot=
  { read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null
  owner=$(exec sh -c 'echo "$PPID"')/$boot
  if ! ln -s "$owner" "$lock" 2>/dev/null; then
    other=$(readlink "$lock")
    if [ "${other#*/}" = "${owner#*/}" ] && kill -0 "${other%%/*}" 2>/dev/null; then
      refuse "another deployment is under way (process ${other%%/*})"
    fi
    # One that was cut off leaves its lock behind.
    rm -f "$lock"
    ln -s "$owner" "$lock" || refuse "cannot lock $home"
  fi
  trap 'rm -f "$lock"' EXIT
  trap 'exit 1' INT TERM
}

# --- Files and links ---

# put FILE PLACE MODE: the old file or the new one is there at any moment, and a name only for bytes that are on the disk.
put() {
  cp "$1" "$2.new" && chmod "$3" "$2.new" && sync && mv -f "$2.new" "$2" && sync
}

version_of() {
  target=$(readlink "$home/$1") && echo "${target#releases/}"
}

# point NAME VERSION: the link changes in one rename.
point() {
  ln -sfn "releases/$2" "$home/.$1.new" && mv -fT "$home/.$1.new" "$home/$1" && sync
}

whole() {
  (cd "$home/releases/$1" 2>/dev/null && sha256sum -c SHA256SUMS >/dev/null 2>&1)
}

# --- The service ---

service() {
  case $manager in
    systemd) systemctl "$1" mote-gateway ;;
    init) "$init" "$1" ;;
  esac
}

running() {
  case $manager in
    systemd) systemctl is-active --quiet mote-gateway ;;
    init) "$init" status >/dev/null 2>&1 ;;
  esac
}

# The user that the init script runs it as, where the machine has none of that name; systemd makes one by itself.
make_user() {
  if [ "$manager" = systemd ] || [ -n "$root" ] || [ "$(id -u)" != 0 ] || id mote-gateway >/dev/null 2>&1; then return 0; fi
  if command -v useradd >/dev/null; then
    useradd --system --no-create-home --home-dir /nonexistent --shell /bin/false mote-gateway
  else
    adduser -S -D -H -h /nonexistent -s /bin/false mote-gateway
  fi
}

# The service files of the release that is current; a file of the same content is left alone. From the first release on it starts with
# the machine; one that its owner keeps from that stays so.
install_service() {
  release=$home/current
  mkdir -p "$root/etc/mote" || return 1
  [ -e "$config" ] || put "$release/gateway.conf" "$config" 644 || return 1
  case $manager in
    systemd)
      cmp -s "$release/mote-gateway.service" "$unit" ||
        { put "$release/mote-gateway.service" "$unit" 644 && systemctl daemon-reload; } || return 1
      ;;
    init)
      cmp -s "$release/mote-gateway.init" "$init" ||
        { mkdir -p "${init%/*}" && put "$release/mote-gateway.init" "$init" 755; } || return 1
      ;;
  esac
  [ -n "$(version_of previous)" ] || start_at_boot yes
}

# start_at_boot yes|no. Without systemd where there is update-rc.d, as in Debian; other systems have ways of their own.
start_at_boot() {
  case $manager$1 in
    systemdyes) systemctl enable --quiet mote-gateway ;;
    systemdno) systemctl disable --quiet mote-gateway ;;
    init*)
      if [ -n "$root" ] || ! command -v update-rc.d >/dev/null; then return 0; fi
      if [ "$1" = yes ]; then update-rc.d mote-gateway defaults; else update-rc.d mote-gateway remove; fi
      ;;
  esac
}

# Where the gateway listens first, as a client on this machine reaches it.
address() {
  listen=$("$home/current/bin/mote-gateway" --config "$config" --print-config 2>/dev/null |
    sed -n 's/^#\{0,1\}listen = //p' | head -n 1)
  listen=${listen%%,*}
  case $listen in
    unix:*) echo "$listen" ;;
    '[::]:'* | '0.0.0.0:'* | '*:'* | :*) echo "127.0.0.1:${listen##*:}" ;;
    *) echo "$listen" ;;
  esac
}

serving() {
  running && "$home/current/bin/mote-device" --target "$1" --mode health --count 1 --deadline 2000 >/dev/null 2>&1
}

# healthy SECONDS WATCH: SERVING within SECONDS, and then each second for WATCH more. One answer that is late is not two in a row.
healthy() {
  at=$(address)
  left=$1
  until serving "$at"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || return 1
    sleep 1
  done
  left=$2
  while [ "$left" -gt 0 ]; do
    sleep 1
    serving "$at" || serving "$at" || return 1
    left=$((left - 1))
  done
}

start_current() {
  install_service && service restart
}

# --- Verbs ---

# receive VERSION SHA256: a release as tar on standard input.
receive() {
  version=$1
  take_lock
  rm -rf "$home"/.incoming-*
  if whole "$version"; then
    cat >/dev/null
    step kept
    return
  fi
  incoming=$home/.incoming-$version
  mkdir "$incoming" || refuse "cannot write to $home"
  if ! cat >"$incoming/release.tar"; then
    rm -rf "$incoming"
    refuse "cannot store the release: $(df -Pk "$home" | awk 'NR == 2 { print $4 }') KiB are free in $home"
  fi
  step received
  if ! echo "$2  $incoming/release.tar" | sha256sum -c >/dev/null 2>&1; then
    rm -rf "$incoming"
    refuse "the release did not arrive as it was sent: the SHA-256 differs"
  fi
  if ! tar -xf "$incoming/release.tar" -C "$incoming"; then
    rm -rf "$incoming"
    refuse "cannot unpack the release: $(df -Pk "$home" | awk 'NR == 2 { print $4 }') KiB are free in $home"
  fi
  rm "$incoming/release.tar"
  if ! (cd "$incoming" && sha256sum -c SHA256SUMS >/dev/null 2>&1); then
    rm -rf "$incoming"
    refuse "a file of the release is not what its SHA256SUMS says"
  fi
  step verified
  sync
  rm -rf "$home/releases/$version"
  mv -fT "$incoming" "$home/releases/$version" || refuse "cannot put the release in place"
  sync
  step installed
}

# activate VERSION SECONDS WATCH: makes it current, and puts back what was current where it is not healthy.
activate() {
  version=$1 seconds=$2 watch=$3
  take_lock
  whole "$version" || refuse "there is no whole release $version here"
  # It must run here at all: a binary for another CPU says so before anything is changed.
  "$home/releases/$version/bin/mote-gateway" --config "$home/releases/$version/gateway.conf" --check-config >/dev/null 2>&1 ||
    refuse "mote-gateway of $version does not run on this machine ($(uname -m))"
  make_user || refuse "there is no user mote-gateway on this machine, and none can be made"
  before=$(version_of current)
  before_previous=$(version_of previous)
  if [ -n "$before" ] && [ "$before" != "$version" ]; then
    point previous "$before" || refuse "cannot change $home/previous"
  fi
  point current "$version" || refuse "cannot change $home/current"
  step switched
  if start_current; then
    step restarted
    if healthy "$seconds" "$watch"; then
      step healthy
      prune
      return
    fi
  fi
  step unhealthy
  put_back
}

put_back() {
  if [ -z "$before" ]; then
    service stop
    rm -f "$home/current"
    echo "not healthy, and there was no version before it: the service is stopped" >&2
    exit 4
  fi
  point current "$before"
  if [ -n "$before_previous" ]; then point previous "$before_previous"; else rm -f "$home/previous"; fi
  if start_current && healthy "$seconds" 0; then
    step restored
    echo "$version was not healthy: $before is back" >&2
    exit 3
  fi
  echo "$version was not healthy, and $before, which is back, is not either" >&2
  exit 4
}

# The two that are linked stay, and nothing else.
prune() {
  keep=" $(version_of current) $(version_of previous) "
  for release in "$home"/releases/*; do
    case $keep in *" ${release##*/} "*) ;; *) rm -rf "$release" ;; esac
  done
}

# in_background VERB...: goes on when the link is lost; what it says waits in a file meanwhile, and is passed on as it comes.
in_background() {
  mkdir -p "$home" || refuse "cannot write to $home"
  log=$home/.deployment.log
  : >"$log" || refuse "cannot write to $home"
  (
    trap '' HUP
    "$@" </dev/null >"$log" 2>"$log.errors"
  ) &
  child=$!
  told=0
  while kill -0 "$child" 2>/dev/null; do
    tell_news
    sleep 1
  done
  tell_news
  wait "$child"
  code=$?
  cat "$log.errors" >&2
  rm -f "$log" "$log.errors"
  exit "$code"
}

tell_news() {
  tail -n +$((told + 1)) "$log"
  told=$(wc -l <"$log")
}

roll_back() {
  version=$(version_of previous)
  [ -n "$version" ] || refuse "there is no previous version to go back to"
  activate "$version" "$@"
}

status() {
  version=$(version_of current)
  echo "version=${version:--}"
  previous=$(version_of previous)
  echo "previous=${previous:--}"
  if [ -z "$version" ]; then
    echo "state=absent"
  elif ! whole "$version"; then
    echo "state=damaged"
  elif ! running; then
    echo "state=stopped"
  elif serving "$(address)"; then
    echo "state=serving"
  else
    echo "state=unhealthy"
  fi
  echo "machine=$(uname -m)"
}

logs() {
  case $manager in
    systemd) journalctl --no-pager -u mote-gateway -n "$1" ;;
    init) tail -n "$1" "$root/var/log/mote-gateway.log" ;;
  esac
}

# remove KEEP_CONFIG
remove() {
  take_lock
  if [ -n "$(version_of current)" ]; then service stop; fi
  case $manager in
    systemd)
      start_at_boot no
      rm -f "$unit"
      systemctl daemon-reload
      ;;
    init)
      rm -f "$init"
      start_at_boot no
      ;;
  esac
  [ "$1" = yes ] || rm -rf "$root/etc/mote"
  # First the links: cut off, it leaves no release behind that is half there and current.
  rm -f "$home/current" "$home/previous" && sync
  rm -rf "$home"
  step removed
}

if [ "$manager" = auto ]; then
  if [ -z "$root" ] && [ -d /run/systemd/system ]; then manager=systemd; else manager=init; fi
fi
case $verb in
  receive) receive "$@" ;;
  activate) in_background activate "$@" ;;
  rollback) in_background roll_back "$@" ;;
  status) status ;;
  logs) logs "$@" ;;
  remove) remove "$@" ;;
  *) refuse "no verb $verb" ;;
esac

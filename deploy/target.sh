#!/bin/sh
# The part of a deployment that runs on the host: deploy/deploy sends listening.sh and this script over ssh and runs them with a
# verb below. It needs POSIX sh and coreutils or busybox.
#
#   <root>@HOME@/releases/<version>/   complete releases, each with its SHA256SUMS
#   <root>@HOME@/current, previous     links to two of them; changed atomically by rename
#   <root>@CONFIG@          the configuration: a file of the owner, written once and never overwritten; or, if the current
#                           release has a file `managed`, a link to the gateway.conf in it, which changes with the program
#
# If this script is interrupted, also by a power cut, `current` names a complete release. A release gets its name under
# releases/ only when all its bytes are verified and on the disk.
#
# Exit codes: 0 success; 1 refused or failed, nothing was changed; 3 the new version was not healthy and the previous one runs;
# 4 like 3, but no healthy version runs.
set -u
# The service is not root and must be able to read the installed files, whatever the umask of the login is.
umask 022

root=$1 manager=$2 verb=$3
shift 3

# deploy/product.py replaces the names.
product=@UNIT@
user=@USER@
program=bin/@PROGRAM@
check=bin/@CHECK@
package=@PROGRAM@

home=$root@HOME@
config=$root@CONFIG@
init=$root/etc/init.d/$product
unit=$root/etc/systemd/system/$product.service
rotation=$root/etc/logrotate.d/$product
lock=$home/.lock
log_file=$root@LOG@

refuse() {
  echo "$*" >&2
  exit 1
}

refuse_unprivileged() { refuse "the user $(id -un) may not write to $home: log in as root, or use --sudo"; }

step() { echo "step $1"; }

# --- One deployment at a time ---

take_lock() {
  mkdir -p "$home/releases" 2>/dev/null
  [ -w "$home/releases" ] || refuse_unprivileged
  # The lock is a link with the process id and the boot id of its owner: a process id may be reused after a reboot.
  boot=
  { read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null
  owner=$(exec sh -c 'echo "$PPID"')/$boot
  if ! ln -s "$owner" "$lock" 2>/dev/null; then
    other=$(readlink "$lock")
    if [ "${other#*/}" = "${owner#*/}" ] && kill -0 "${other%%/*}" 2>/dev/null; then
      refuse "another deployment is in progress (process ${other%%/*})"
    fi
    # An interrupted deployment leaves its lock.
    rm -f "$lock"
    ln -s "$owner" "$lock" || refuse "cannot lock $home"
  fi
  trap 'rm -f "$lock"' EXIT
  trap 'exit 1' INT TERM
}

# --- Files and links ---

# put FILE PLACE MODE: replaces a file atomically, after the new one is on the disk.
put() {
  cp "$1" "$2.new" && chmod "$3" "$2.new" && sync && mv -f "$2.new" "$2" && sync
}

version_of() {
  target=$(readlink "$home/$1") && echo "${target#releases/}"
}

# point NAME VERSION: changes the link with one rename.
point() {
  ln -sfn "releases/$2" "$home/.$1.new" && mv -fT "$home/.$1.new" "$home/$1" && sync
}

# is_older ONE OTHER: true if the release ONE is older than OTHER, in the order of dpkg (deb-version(7)). The hash of the files, after the
# last -, does not count.
is_older() {
  awk -v one="${1%-*}" -v other="${2%-*}" '
    function first(text) { return substr(text, 1, 1) }
    function is_digit(letter) { return letter != "" && index("0123456789", letter) }
    # ~ sorts before the end of a version, and letters before other characters.
    function rank(letter, place) {
      if (letter == "~") return -1
      if (letter == "" || is_digit(letter)) return 0
      place = index("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", letter)
      return place ? place : 100 + index("+-._", letter)
    }
    function number(text) {
      match(text, /^[0-9]*/)
      text = substr(text, 1, RLENGTH)
      sub(/^0+/, "", text)
      return text
    }
    BEGIN {
      while (one != "" || other != "") {
        while ((one != "" && !is_digit(first(one))) || (other != "" && !is_digit(first(other)))) {
          x = rank(first(one)); y = rank(first(other))
          if (x != y) exit !(x < y)
          one = substr(one, 2); other = substr(other, 2)
        }
        # Too long for a number of awk. Without zeros in front, the longer one is greater.
        x = number(one); y = number(other)
        if (length(x) != length(y)) exit !(length(x) < length(y))
        if (x != y) exit !(x "" < y "")
        sub(/^[0-9]+/, "", one); sub(/^[0-9]+/, "", other)
      }
      exit 1
    }'
}

# refuse_older VERSION ALLOWED: ALLOWED is yes or no.
refuse_older() {
  newer=$(version_of current)
  if [ "$2" = yes ] || [ -z "$newer" ] || ! is_older "$1" "$newer"; then return 0; fi
  refuse "has the newer version $newer: --allow-older replaces it"
}

is_complete() {
  (cd "$home/releases/$1" 2>/dev/null && sha256sum -c SHA256SUMS >/dev/null 2>&1)
}

# --- The Debian package ---

# The version of the product's package; empty if it is not installed.
packaged() {
  database=$root/var/lib/dpkg
  [ -e "$database/status" ] && command -v dpkg-query >/dev/null || return 0
  dpkg-query --admindir="$database" -W -f '${db:Status-Status} ${Version}' "$package" 2>/dev/null | sed -n 's/^installed //p'
}

# The unit of a deployment would hide that of the package.
refuse_packaged() {
  found=$(packaged)
  [ -z "$found" ] || refuse "this host has the Debian package $package $found: upgrade it with apt, or run apt remove $package first"
}

# --- The service ---

service() {
  case $manager in
    systemd) systemctl "$1" "$product" ;;
    init) "$init" "$1" ;;
  esac
}

running() {
  case $manager in
    systemd) systemctl is-active --quiet "$product" ;;
    init) "$init" status >/dev/null 2>&1 ;;
  esac
}

# The process of a running service.
main_process() {
  case $manager in
    systemd) systemctl show -p MainPID --value "$product" ;;
    init) cat "$root/run/$product.pid" ;;
  esac
}

# The version whose program the service runs. Empty if there is none, or if this user may not see it.
running_version() {
  path=$(readlink "/proc/$(main_process)/exe" 2>/dev/null)
  path=${path#"$home/releases/"}
  case $path in */"$program") echo "${path%"/$program"}" ;; esac
}

# make_user [static]: makes the user of the service if it does not exist. systemd makes its user itself at each start; it takes a static one
# if there is one.
make_user() {
  if { [ "$manager" = systemd ] && [ "${1:-}" != static ]; } || [ -n "$root" ] || [ "$(id -u)" != 0 ] || id "$user" >/dev/null 2>&1; then return 0; fi
  if command -v useradd >/dev/null; then
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /bin/false "$user"
  else
    adduser -S -D -H -h /nonexistent -s /bin/false "$user"
  fi
}

# Makes the configuration that of the current release, if it is managed, and otherwise that of the owner. The owner's file is kept
# as CONFIG.owner while a managed one is in force.
install_configuration() {
  mkdir -p "${config%/*}" || return 1
  if [ -e "$home/current/managed" ]; then
    ! config_is_managed || return 0
    if [ -e "$config" ]; then cp -P "$config" "$config.owner" && sync || return 1; fi
    ln -sfn "$home/current/gateway.conf" "$config.new" && mv -fT "$config.new" "$config" && sync
    return
  fi
  restore_owner
  [ -e "$config" ] || put "$home/current/gateway.conf" "$config" 644
}

restore_owner() {
  config_is_managed || return 0
  if [ -e "$config.owner" ]; then mv -fT "$config.owner" "$config"; else rm -f "$config"; fi
}

config_is_managed() { [ "$(readlink "$config")" = "$home/current/gateway.conf" ]; }

# configuration_of VERSION: the file with which this version runs after install_configuration.
configuration_of() {
  owners=$config
  if config_is_managed; then owners=$config.owner; fi
  if [ -e "$home/releases/$1/managed" ] || [ ! -e "$owners" ]; then owners=$home/releases/$1/gateway.conf; fi
  echo "$owners"
}

# Installs the service files of the current release. A file with the same content is not written. The first release enables the
# service at boot; later releases do not change that setting.
install_service() {
  release=$home/current
  install_configuration || return 1
  case $manager in
    systemd)
      cmp -s "$release/$product.service" "$unit" ||
        { put "$release/$product.service" "$unit" 644 && systemctl daemon-reload; } || return 1
      ;;
    init)
      cmp -s "$release/$product.init" "$init" ||
        { mkdir -p "${init%/*}" && put "$release/$product.init" "$init" 755; } || return 1
      # A release before this one may have no such file.
      if [ -d "${rotation%/*}" ] && [ -e "$release/$product.logrotate" ]; then
        put "$release/$product.logrotate" "$rotation" 644 || return 1
      fi
      ;;
  esac
  [ -n "$(version_of previous)" ] || start_at_boot yes
}

# start_at_boot yes|no. Without systemd it uses update-rc.d if present, as in Debian; on other systems it does nothing.
start_at_boot() {
  case $manager$1 in
    systemdyes) systemctl enable --quiet "$product" ;;
    systemdno) systemctl disable --quiet "$product" ;;
    init*)
      if [ -n "$root" ] || ! command -v update-rc.d >/dev/null; then return 0; fi
      if [ "$1" = yes ]; then update-rc.d "$product" defaults; else update-rc.d "$product" remove; fi
      ;;
  esac
}

# True if the service files of the current release are installed.
service_is_installed() {
  case $manager in
    systemd) cmp -s "$home/current/$product.service" "$unit" ;;
    init) cmp -s "$home/current/$product.init" "$init" ;;
  esac && { [ ! -e "$home/current/managed" ] || config_is_managed; }
}

# The addresses of the running gateway, for a client on this machine. A user who may not see its sockets gets the first one of the
# configuration.
addresses() {
  found=$(listening "$(main_process)")
  if [ -n "$found" ]; then
    echo "$found"
    return
  fi
  listen=$("$home/current/$program" --config "$config" --print-config 2>/dev/null |
    sed -n 's/^#\{0,1\}listen = //p' | head -n 1)
  listen=${listen%%,*}
  case $listen in
    unix:*) echo "$listen" ;;
    '[::]:'* | '0.0.0.0:'* | '*:'* | :*) echo "127.0.0.1:${listen##*:}" ;;
    *) echo "$listen" ;;
  esac
}

# True if this version says that it listens with TLS only. An older one may not know --print-config.
only_tls() {
  listens=$("$home/releases/$1/$program" --config "$(configuration_of "$1")" --print-config 2>/dev/null |
    sed -n 's/^#\{0,1\}listen = //p')
  [ -n "$listens" ] && ! echo "$listens" | grep -qv '^tls:'
}

# True if the gateway answers at one of its addresses.
serving() {
  running || return 1
  checker=$home/current/$check
  [ -e "$checker" ] || checker=$root/usr/$check
  for at in $(addresses); do
    "$checker" --target "$at" --mode health --message "@SERVICE@" --count 1 --deadline 2000 >/dev/null 2>&1 && return 0
  done
  return 1
}

# healthy SECONDS WATCH: the gateway must serve within SECONDS, and then every second for WATCH seconds. One failed check is retried.
healthy() {
  checks=0
  end=$(($(uptime_seconds) + $1))
  until serving; do
    checks=$((checks + 1))
    # A check may take longer than all of the time, on a busy machine.
    [ "$checks" -lt 3 ] || [ "$(uptime_seconds)" -lt "$end" ] || return 1
    sleep 1
  done
  end=$(($(uptime_seconds) + $2))
  while [ "$(uptime_seconds)" -lt "$end" ]; do
    sleep 1
    serving || serving || return 1
  done
}

# Not the clock of the day, which may be set meanwhile.
uptime_seconds() {
  read -r uptime _ </proc/uptime
  echo "${uptime%%.*}"
}

start_current() {
  install_service && service restart
}

# Prints the log since mark_log, for the operator of a version that failed.
mark_log() {
  case $manager in
    systemd) mark=$(date +%s) ;;
    init) mark=$(wc -c <"$log_file") || mark=0 ;;
  esac 2>/dev/null
}

print_log() {
  case $manager in
    systemd) journalctl --no-pager -q -o cat -u "$product" --since "@$mark" -n 20 ;;
    init) tail -c +$((mark + 1)) "$log_file" | tail -n 20 ;;
  esac 2>/dev/null | sed 's/^/log /'
}

# check_signature FOLDER: once a host has keys, a release must be signed by one of them. It has those of the last signed release that was
# pushed.
check_signature() {
  [ -e "$home/signers" ] || return 0
  [ -e "$1/SHA256SUMS.sig" ] || return 1
  # Without ssh-keygen the sender has checked it.
  command -v ssh-keygen >/dev/null || return 0
  ssh-keygen -Y verify -f "$home/signers" -I @SIGNER@ -n @NAMESPACE@ -s "$1/SHA256SUMS.sig" <"$1/SHA256SUMS" >/dev/null 2>&1
}

# All that is in the folder is in its SHA256SUMS, and nothing else than files and folders is there.
only_listed() {
  (
    cd "$1" || exit 1
    [ -z "$(find . ! -type f ! -type d)" ] &&
      [ "$(find . -type f ! -name SHA256SUMS ! -name SHA256SUMS.sig | wc -l)" -eq "$(wc -l <SHA256SUMS)" ]
  )
}

# --- Verbs ---

# receive VERSION SHA256 OLDER: reads a release as tar from standard input. OLDER: yes if it may replace a newer version, or no.
receive() {
  version=$1
  refuse_packaged
  take_lock
  refuse_older "$version" "$3"
  rm -rf "$home"/.incoming-*
  if is_complete "$version" && check_signature "$home/releases/$version"; then
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
    refuse "the release was damaged in transit: the SHA-256 differs"
  fi
  if ! tar -xf "$incoming/release.tar" -C "$incoming"; then
    rm -rf "$incoming"
    refuse "cannot unpack the release: $(df -Pk "$home" | awk 'NR == 2 { print $4 }') KiB are free in $home"
  fi
  rm "$incoming/release.tar"
  if ! (cd "$incoming" && sha256sum -c SHA256SUMS >/dev/null 2>&1); then
    rm -rf "$incoming"
    refuse "a file of the release does not match SHA256SUMS"
  fi
  if ! only_listed "$incoming" || ! check_signature "$incoming"; then
    rm -rf "$incoming"
    refuse "the release is not signed by a key that this host accepts ($home/signers)"
  fi
  # A signed release under another name could pass for a newer one.
  if [ "$(cat "$incoming/VERSION")" != "$version" ]; then
    rm -rf "$incoming"
    refuse "the release is not $version"
  fi
  step verified
  sync
  rm -rf "$home/releases/$version"
  mv -fT "$incoming" "$home/releases/$version" || refuse "cannot put the release in place"
  sync
  step installed
}

# activate VERSION SECONDS WATCH OLDER: makes the version current. If it is not healthy, restores the version that was current.
activate() {
  version=$1 seconds=$2 watch=$3
  refuse_packaged
  take_lock
  is_complete "$version" || refuse "the release $version is missing or incomplete"
  refuse_older "$version" "$4"
  before=$(version_of current)
  if [ "$before" = "$version" ] && service_is_installed && [ "$(running_version)" = "$version" ] && serving; then
    [ "$verb" != activate ] || keep_signers || refuse "cannot write to $home/signers"
    step unchanged
    return
  fi
  # Check before any change that the program runs on this CPU, and accepts the configuration.
  "$home/releases/$version/$program" --version >/dev/null 2>&1 ||
    refuse "${program#*/} of $version does not run on this machine ($(uname -m))"
  errors=$("$home/releases/$version/$program" --config "$(configuration_of "$version")" --check-config 2>&1) ||
    refuse "$version refuses the configuration: $(echo "$errors" | head -n 1)"
  ! only_tls "$version" || refuse "the health check does not use TLS: add \"listen = unix:@SOCKET@\" to the configuration"
  make_user || refuse "cannot make the user $user on this machine"
  before_previous=$(version_of previous)
  if [ -n "$before" ] && [ "$before" != "$version" ]; then
    point previous "$before" || refuse "cannot change $home/previous"
  fi
  point current "$version" || refuse "cannot change $home/current"
  step switched
  mark_log
  if start_current; then
    step restarted
    if healthy "$seconds" "$watch"; then
      step healthy
      [ "$verb" != activate ] || keep_signers || refuse "cannot write to $home/signers"
      prune
      return
    fi
  fi
  step unhealthy
  print_log
  put_back
}

keep_signers() {
  [ ! -e "$home/current/signers" ] || cmp -s "$home/current/signers" "$home/signers" || put "$home/current/signers" "$home/signers" 644
}

put_back() {
  if [ "$before" = "$version" ]; then
    echo "$version is not healthy after a restart" >&2
    exit 4
  fi
  if [ -z "$before" ]; then
    service stop
    restore_owner
    rm -f "$home/current"
    echo "not healthy, and there is no previous version: the service is stopped" >&2
    exit 4
  fi
  point current "$before"
  if [ -n "$before_previous" ]; then point previous "$before_previous"; else rm -f "$home/previous"; fi
  if start_current && healthy "$seconds" 0; then
    step restored
    echo "$version was not healthy: $before is restored" >&2
    exit 3
  fi
  echo "$version was not healthy, and the restored $before is not healthy either" >&2
  exit 4
}

# Removes all releases except the current and the previous one.
prune() {
  keep=" $(version_of current) $(version_of previous) "
  for release in "$home"/releases/*; do
    case $keep in *" ${release##*/} "*) ;; *) rm -rf "$release" ;; esac
  done
}

# in_background VERB...: continues when the connection is lost. Its output goes to files without a name, and is printed from there.
in_background() {
  mkdir -p "$home" 2>/dev/null
  [ -w "$home" ] || refuse_unprivileged
  output=$home/.output-$$
  exec 3>"$output"
  exec 4<"$output"
  exec 5>"$output.errors"
  exec 6<"$output.errors"
  rm -f "$output" "$output.errors"
  (
    trap '' HUP
    "$@" </dev/null >&3 2>&5 3>&- 4<&- 5>&- 6<&-
  ) &
  child=$!
  news=
  while kill -0 "$child" 2>/dev/null; do
    print_news
    sleep 1
  done
  wait "$child"
  code=$?
  print_news
  [ -z "$news" ] || printf '%s\n' "$news"
  cat <&6 >&2
  exit "$code"
}

# Prints the lines that were added since the last time. The shell keeps the place in the file. `news` is the beginning of a line
# that is not complete yet.
print_news() {
  while IFS= read -r more <&4; do
    printf '%s\n' "$news$more"
    news=
  done
  news=$news$more
}

# tls SHA256: reads the files of TLS as tar from standard input. All of them change with one rename of the link CONFIG_FOLDER/tls. A running
# gateway reads them again.
tls() {
  take_lock
  folder=${config%/*}
  place=$folder/tls
  mkdir -p "$folder" 2>/dev/null
  [ -w "$folder" ] || refuse_unprivileged
  [ -L "$place" ] || [ ! -e "$place" ] || refuse "$place is not from a deployment: move it away"
  new=tls-$(echo "$1" | cut -c 1-12)
  before=$(readlink "$place")
  incoming=$folder/.tls-incoming
  rm -rf "$incoming"
  # Secrets are never readable by others, also before they have their mode.
  (umask 077 && mkdir "$incoming" && cat >"$incoming/files.tar") || refuse_tls "cannot store the files of TLS in $folder"
  echo "$1  $incoming/files.tar" | sha256sum -c >/dev/null 2>&1 || refuse_tls "the files of TLS were damaged in transit: the SHA-256 differs"
  (umask 077 && cd "$incoming" && tar -xf files.tar && rm files.tar) || refuse_tls "cannot unpack the files of TLS in $folder"
  set_tls_modes || refuse_tls "cannot set the modes of the files of TLS"
  sync
  rm -rf "${folder:?}/$new"
  mv -fT "$incoming" "$folder/$new" || refuse_tls "cannot put the files of TLS in place"
  point_tls "$new" || refuse "cannot change $place"
  if running && ! errors=$("$home/current/$program" --config "$config" --check-config 2>&1); then
    if [ -n "$before" ]; then point_tls "$before"; else rm -f "$place"; fi
    [ "$before" = "$new" ] || rm -rf "${folder:?}/$new"
    refuse "the files of TLS are refused: $(echo "$errors" | head -n 1)"
  fi
  for old in "$folder"/tls-*; do
    [ "$old" = "$folder/$new" ] || rm -rf "$old"
  done
  step "TLS files installed"
  if running && [ "$before" != "$new" ]; then
    service reload || refuse "the gateway does not read the files of TLS again"
    step reloaded
  fi
}

point_tls() { ln -sfn "$1" "$place.new" && mv -fT "$place.new" "$place" && sync; }

refuse_tls() {
  rm -rf "$incoming"
  refuse "$*"
}

# The secrets are for root and the group of the service, or for its user if it shares its group with others. If this user cannot give
# files away, the service runs as this user.
set_tls_modes() {
  make_user static || return 1
  reader=$(service_user)
  group=$(id -gn "$reader" 2>/dev/null)
  owner='' mode=700 secrets=600
  case $(id -u)$group in
    0) ;;
    0nogroup | 0nobody) owner=$reader ;;
    0*) owner=0:$group mode=750 secrets=640 ;;
  esac
  chmod "$mode" "$incoming" || return 1
  [ -z "$owner" ] || chown -R "$owner" "$incoming" || return 1
  for file in "$incoming"/*; do
    case $file in
      *.pem) chmod 644 "$file" ;;
      *) chmod "$secrets" "$file" ;;
    esac || return 1
  done
}

# The file /etc/default of the init script may name another one.
service_user() {
  defaults=$root/etc/default/$product
  # shellcheck source=/dev/null
  if [ "$manager" = init ] && [ -r "$defaults" ]; then . "$defaults"; fi
  echo "$user"
}

roll_back() {
  version=$(version_of previous)
  [ -n "$version" ] || refuse "there is no previous version"
  # Its release was accepted before.
  activate "$version" "$@" yes
}

status() {
  version=$(version_of current)
  if [ -z "$version" ]; then
    version=$(packaged)
    [ -z "$version" ] || echo "package=$package"
  fi
  echo "version=${version:--}"
  previous=$(version_of previous)
  echo "previous=${previous:--}"
  if running; then echo "running=$(running_version)"; fi
  if [ -z "$version" ]; then
    echo "state=absent"
  elif [ -n "$(version_of current)" ] && ! is_complete "$version"; then
    echo "state=damaged"
  elif ! running; then
    echo "state=stopped"
  elif serving; then
    echo "state=serving"
  else
    echo "state=unhealthy"
  fi
  if config_is_managed; then
    echo "configuration=managed"
  elif [ -e "$config" ]; then
    echo "configuration=present"
  fi
  # Then the sender checks the signature (signers).
  if [ -e "$home/signers" ] && ! command -v ssh-keygen >/dev/null; then echo "signatures=unchecked"; fi
  echo "machine=$(uname -m)"
}

# logs LINES [-f]
logs() {
  case $manager in
    systemd)
      # journalctl reports no error to a user who may not read the journal of the system.
      if [ "$(id -u)" != 0 ] && ! id -Gn | tr ' ' '\n' | grep -qx -e systemd-journal -e adm; then
        refuse "the user $(id -un) may not read the journal: log in as root, use --sudo, or join the group systemd-journal"
      fi
      # shellcheck disable=SC2086  # -f, or nothing.
      journalctl --no-pager -u "$product" -n "$1" ${2:-}
      ;;
    init)
      [ -r "$log_file" ] || refuse "the user $(id -un) cannot read $log_file: log in as root, or use --sudo"
      if [ -n "${2:-}" ]; then tail -n "$1" -F "$log_file"; else tail -n "$1" "$log_file"; fi
      ;;
  esac
}

# remove KEEP_CONFIG
remove() {
  [ -n "$(version_of current)" ] || refuse_packaged
  take_lock
  if [ -n "$(version_of current)" ]; then service stop; fi
  case $manager in
    systemd)
      # A package that was installed as well keeps its service, which the unit of the deployment has hidden.
      [ -n "$(packaged)" ] || start_at_boot no
      rm -f "$unit"
      systemctl daemon-reload
      [ -z "$(packaged)" ] || service start
      ;;
    init)
      rm -f "$init" "$rotation"
      start_at_boot no
      ;;
  esac
  if [ "$1" = no ]; then
    rm -rf "${config%/*}"
  else
    restore_owner
  fi
  # Remove the links first: if interrupted, no incomplete release is current.
  rm -f "$home/current" "$home/previous" && sync
  rm -rf "$home"
  step removed
}

if [ "$manager" = auto ]; then
  if [ -z "$root" ] && [ -d /run/systemd/system ]; then manager=systemd; else manager=init; fi
fi
case $verb in
  receive) receive "$@" ;;
  tls) tls "$@" ;;
  activate) in_background activate "$@" ;;
  rollback) in_background roll_back "$@" ;;
  status) status ;;
  logs) logs "$@" ;;
  # The sender reads short lines only.
  signers) fold -w 300 "$home/signers" ;;
  remove) remove "$@" ;;
  *) refuse "unknown verb $verb" ;;
esac

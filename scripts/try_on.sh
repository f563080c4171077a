#!/usr/bin/env bash
# try_on.sh RELEASE [--again] [VERB [ARGUMENTS]]: tries the first steps of a new user in a fresh root folder of a Debian release.
#
# build/try-on/RELEASE gets a minimal system with git, and a clone of the last commit. It runs the commands of README.md, the tests
# and a cross build: `./dev run` until it is ready, `./dev call hello`, `./dev test`, `./dev cross rpi-3`. With a VERB, it runs only
# `./dev VERB ARGUMENTS`. --again keeps the root folder with its builds, and updates the clone to the last commit.
#
# It needs root for chroot and mounts.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

release=${1:-}
shift
case $release in
  bookworm | trixie) ;;
  *)
    echo "try-on: no Debian release \"$release\"; there are: bookworm, trixie" >&2
    exit 2
    ;;
esac
again=
[[ ${1:-} == --again ]] && again=1 && shift
if ((EUID != 0)); then
  echo "try-on: this needs root, for chroot and mounts" >&2
  exit 1
fi

root=$PWD/build/try-on/$release
# shellcheck source=scripts/root_folder.sh
. scripts/root_folder.sh

# Clones the last commit, or updates the clone.
clone() {
  local checkout=$root/srv/mote git=(git -c "safe.directory=$PWD")
  [[ -d $checkout ]] || "${git[@]}" clone --quiet --no-hardlinks "$PWD" "$checkout" || return 1
  "${git[@]}" -C "$checkout" fetch --quiet "$PWD" HEAD && "${git[@]}" -C "$checkout" reset --quiet --hard FETCH_HEAD
}

declare -a results=()

# step NAME COMMAND...: runs the command in the root folder and adds the result to the summary.
step() {
  local name=$1 begun=$SECONDS
  shift
  echo "== $release: $name" >&2
  if enter "$root" "$@" </dev/null; then
    results+=("passed, $((SECONDS - begun)) s: $name")
  else
    results+=("FAILED, $((SECONDS - begun)) s: $name")
    failed=1
  fi
  echo "== $release: ${results[-1]}" >&2
}

# The log of the gateway goes through a pipe, whose reader waits for the ready line.
# shellcheck disable=SC2016
run_and_call='
  cd /srv/mote
  exec 3< <(exec ./dev run 2>&1)
  while IFS= read -r line <&3; do
    echo "$line"
    [[ $line == *"ready on"* ]] && break
  done
  cat <&3 &
  answer=$(./dev call hello) && echo "$answer" && [[ $answer == "You said: hello" ]]'

failed=0
if [[ ! $again || ! -d $root/root ]]; then
  echo "== $release: a new root folder" >&2
  sources=$(/usr/bin/python3 toolchains/isolated_apt.py "$release") || exit 1
  make_root "$root" "$release" "$sources" git >&2 || exit 1
fi
clone || exit 1

if (($# > 0)); then
  step "./dev $*" bash -c 'cd /srv/mote && ./dev "$@"' dev "$@"
else
  step "./dev run, ./dev call hello" bash -c "$run_and_call"
  step "./dev test" bash -c 'cd /srv/mote && ./dev test'
  step "./dev cross rpi-3" bash -c 'cd /srv/mote && ./dev cross rpi-3'
fi
echo "== $release, commit $(git -C "$root/srv/mote" rev-parse --short HEAD):"
printf '   %s\n' "${results[@]}"
exit "$failed"

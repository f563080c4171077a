# shellcheck shell=bash
# stage NAME COMMAND...: runs the command, and prints its start and its duration on stderr.
stage() {
  local name=$1 begun=$SECONDS status=0
  shift
  echo "== $name" >&2
  "$@" || status=$?
  if ((status == 0)); then
    echo "== $name: done in $((SECONDS - begun)) s" >&2
  else
    echo "== $name: FAILED after $((SECONDS - begun)) s" >&2
  fi
  return "$status"
}

# shellcheck shell=bash
# The verbs of ./dev of a project that ./dev new made. Sourced by it in the folder of the project.
# shellcheck disable=SC2154  # ./dev sets mote and here.
# mote: the folder of mote. here: the folder that ./dev was called in.

. "$mote/scripts/stage.sh"
. "$mote/scripts/packages.sh"
. "$mote/scripts/product.sh"

program=$(product_value PROGRAM)

help() {
  cat <<TEXT
Usage: ./dev VERB

  build                    build for this machine; programs are in build/host/bin
  run [FLAGS]              build $program and run it with FLAGS
  call [ARGUMENTS]         build, and call a running $program with client.py
  test [CTEST ARGS]        build and run the tests
  cross BOARD [--target T] build for a board of boards/ or of mote; programs are in build/BOARD/bin
  package BOARD            a .deb, a tarball, a container image and manifests in build/BOARD/packages
  deploy VERB ...          install on other machines over ssh, check, roll back; make SD-card images (deploy --help)
  clean                    remove build/
  help                     this text

BOARD is a folder of boards/ here or in mote, or host. Debian packages that are missing are installed through apt, as root or with sudo.
TEXT
}

# configure NAME [CMAKE ARGS]: prints its output only if it fails.
configure() {
  local name=$1 log=build/configure-$1.log
  shift
  mkdir -p build
  cmake -G Ninja -S . -B "build/$name" "-DMOTE_DIR=$mote" "$@" >"$log" 2>&1 && return 0
  cat "$log" >&2
  return 1
}

build() {
  need_packages build client && mkdir -p build || return 1
  (
    # ./dev run & ./dev call: one builds, the other waits for it.
    flock 9
    configure host -DCMAKE_BUILD_TYPE=RelWithDebInfo && stage "build host" cmake --build build/host >&2
  ) 9>build/lock
}

run() {
  local project=$PWD
  build || exit 1
  cd "$here" || exit 1
  exec "$project/build/host/bin/$program" "$@"
}

call() {
  build && exec ./client.py "$@"
}

test_all() {
  build && stage test ctest --test-dir build/host --output-on-failure --no-tests=error "$@"
}

# board_exists BOARD: prints an error if there is no such board.
board_exists() {
  if [[ ! $1 || ! -f boards/$1/board.cmake && ! -f $mote/boards/$1/board.cmake ]]; then
    echo "dev: no board \"$1\"; there are: $(basename -a boards/*/ "$mote"/boards/*/ | sort -u | paste -sd' ')" >&2
    return 1
  fi
}

cross() {
  local board=${1:-}
  board_exists "$board" || exit 2
  shift
  need_packages build cross &&
    configure "$board" "--toolchain=$mote/toolchains/board.cmake" "-DMOTE_BOARD=$board" "-DMOTE_BOARD_DIR=$PWD/boards" \
      -DCMAKE_BUILD_TYPE=MinSizeRel &&
    stage "build $board" cmake --build "build/$board" "$@" >&2
}

package() {
  need_packages package && stage "package ${1:-}" /usr/bin/python3 "$mote/deploy/package.py" --project "$PWD" "$@"
}

deploy() {
  local project=$PWD groups=(deploy)
  [[ ${1:-} == image || ${1:-} == flash ]] && groups=(build image)
  need_packages "${groups[@]}" || exit 1
  cd "$here" || exit 1
  exec "$mote/deploy/deploy" --project "$project" "$@"
}

verb=${1:-help}
(($# > 0)) && shift
case $verb in
  build | run | call | cross | package | deploy) "$verb" "$@" ;;
  test) test_all "$@" ;;
  clean) rm -rf build ;;
  help | -h | --help) help ;;
  *)
    echo "dev: no verb \"$verb\"; ./dev help lists them" >&2
    exit 2
    ;;
esac

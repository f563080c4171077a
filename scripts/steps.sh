# shellcheck shell=bash
# The steps of the verbs of ./dev. Sourced by ./dev in the root of the checkout.

. scripts/product.sh

jobs=$(nproc)

# configure PRESET [CMAKE ARGS]: prints its output only if it fails.
configure() {
  local preset=$1 log fresh=()
  shift
  log=build/configure-$preset.log
  mkdir -p build
  toolchain_is_newer "$preset" && fresh=(--fresh)
  cmake --preset "$preset" "${fresh[@]}" "$@" >"$log" 2>&1 && return 0
  cat "$log" >&2
  return 1
}

# toolchain_is_newer PRESET: true if a toolchain file changed after the first configuration of this board, whose flags CMake keeps.
toolchain_is_newer() {
  local board=boards/$1/board.cmake first
  first=$(compgen -G "build/$1/CMakeFiles/*/CMakeCXXCompiler.cmake") || return 1
  [[ -f $board && $(find toolchains "$board" -name '*.cmake' -newer "${first%%$'\n'*}" -print -quit) ]]
}

# build_preset PRESET [-DOPTION...] [TARGET...]: builds the targets, by default all. The first build of the host preset
# leaves out the tests, which need many more packages. Once enabled, they stay enabled.
build_preset() {
  local preset=$1
  shift
  local -a options=() targets=()
  [[ $preset == host && ! -f build/host/CMakeCache.txt ]] && options=(-DMOTE_TESTS=OFF)
  while [[ ${1:-} == -D* ]]; do
    options+=("$1")
    shift
  done
  (($# > 0)) && targets=(--target "$@")
  configure "$preset" "${options[@]}" && stage "build $preset" cmake --build --preset "$preset" "${targets[@]}" >&2
}

# The program of each engine. Read by ./dev.
program=$(product_value PROGRAM)
# shellcheck disable=SC2034
declare -A engine_programs=([lean]=$program [grpc]=$program-grpc)

# build_engine ENGINE: builds its gateway for this machine and installs the packages. Returns 2 if there is no such engine.
build_engine() {
  case $1 in
    lean) need_packages build && build_preset host "$program" ;;
    grpc) need_packages build grpc && build_preset host -DMOTE_GRPC=ON "$program-grpc" ;;
    *)
      echo "dev: no engine \"$1\": --engine is lean or grpc" >&2
      return 2
      ;;
  esac
}

# firmware_images: fetches the sources of the images of the microcontroller board and builds them.
firmware_images() {
  stage "firmware sources" /usr/bin/python3 toolchains/fetch.py source nanopb lwip mbedtls >/dev/null && build_preset mps2-an385
}

# boards: the names of all boards, one per line.
boards() {
  local file
  for file in boards/*/board.cmake; do
    basename "$(dirname "$file")"
  done
}

# boards_named BOARD|all: the boards, one per line. Fails with a message if there is no board of that name.
boards_named() {
  if [[ $1 == all ]]; then
    boards
  elif [[ $1 && -f boards/$1/board.cmake ]]; then
    echo "$1"
  else
    echo "dev: no board \"$1\"; there are: $(boards | paste -sd' '), and all" >&2
    return 1
  fi
}

# build_board BOARD: builds its programs or its images.
build_board() {
  local -a programs
  if [[ $1 == mps2-an385 ]]; then
    firmware_images
  else
    mapfile -t programs < <(programs_of "$1")
    build_preset "$1" "${programs[@]}"
  fi
}

# programs_of BOARD: the programs in its size.txt, one per line.
programs_of() {
  sed -nE 's/^(mote-[a-z-]+) .*/\1/p' "boards/$1/size.txt"
}

# linux_boards_named BOARD|all: as boards_named, without boards that have no operating system. `all` leaves out boards whose
# programs are the same as those of an earlier one.
linux_boards_named() {
  local board named described
  local -A seen=()
  named=$(boards_named "$1") || return 1
  for board in $named; do
    described=$(grep -v '^#' "boards/$board/board.cmake")
    [[ $described == *arm-none-eabi* || ${seen[$described]:-} ]] && continue
    seen[$described]=1
    echo "$board"
  done
}

# board_is_small BOARD: its programs are within the limits of its size.txt.
board_is_small() {
  /usr/bin/python3 scripts/size.py --check "$1"
}

# The board of ./dev test --all: 32 bits, and the oldest processor. Read by ./dev.
# shellcheck disable=SC2034
ci_board=rpi-zero

# test_board BOARD [--quick|--few]: unit tests, conformance and memory on the board's emulated processor; --quick: conformance only;
# --few: sizes, and the part of conformance that makes every kind of call.
test_board() {
  local board=$1
  local -a targets=() chosen=()
  case ${2:-} in
    --quick) chosen=(--label-exclude 'unit|machine') ;;
    --few) chosen=(--tests-regex '^(board/(config|device|size)|conformance/(calls|deadline|framing|http2))$') ;;
  esac
  ((${#chosen[@]} == 0)) || mapfile -t targets < <(programs_of "$board")
  rm -f "build/ctest-$board.log"
  configure "$board" -DMOTE_TESTS=ON && build_preset "$board" "${targets[@]}" &&
    stage "test $board" ctest_preset "$board" "${chosen[@]}"
}

# node_modules FOLDER: installs the npm packages of a folder in the versions of its lock file.
node_modules() {
  local folder=$1
  local lock=$folder/package-lock.json installed=$folder/node_modules/.package-lock.json
  [[ -f $lock ]] || return 0
  [[ -f $installed && ! $lock -nt $installed ]] && return 0
  stage "npm ci" npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error </dev/null
}

# proxies: unpacks nginx, HAProxy, Caddy and nghttpx of Debian 12 for tests/peers into build/sysroots/proxies. They are not installed,
# because an installed package starts a service.
proxies() {
  stage "fetch proxies" /usr/bin/python3 toolchains/fetch.py sysroot --alone proxies bookworm "$(dpkg --print-architecture)" \
    caddy haproxy libev4 libjemalloc2 liblua5.3-0 libopentracing-c-wrapper0 libopentracing1 nghttp2-proxy nginx >/dev/null
}

# peer_programs: builds the clients and servers of tests/peers that CMake does not build.
peer_programs() {
  local language
  for language in go java ruby rust; do
    stage "build $language programs" tests/peers/build.sh "$language" "$PWD/proto" "$PWD/build/peers" || return 1
  done
}

# other_clients: builds the clients of conformance/clients that are not in Python.
other_clients() {
  node_modules tests/e2e && configure host -DMOTE_TESTS=ON && build_preset host e2e_cpp_client
}

# test_preset PRESET [CTEST ARGS]: builds and runs the tests. The output also goes to build/ctest-PRESET.log. Three tests per core run
# at the same time, because most of them wait for more than half of their time.
test_preset() {
  local preset=$1
  shift
  rm -f "build/ctest-$preset.log"
  configure "$preset" -DMOTE_TESTS=ON && build_preset "$preset" && stage "test $preset" ctest_preset "$preset" -j $((3 * jobs)) "$@"
}

ctest_preset() {
  local preset=$1
  shift
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$jobs" "$@" </dev/null 2>&1 |
    tee "build/ctest-$preset.log"
}

# closing_lines: prints the end of the output of each ctest run.
closing_lines() {
  local preset
  for preset in host host-asan $(boards); do
    [[ -f build/ctest-$preset.log ]] || continue
    echo "== ctest $preset"
    sed -n '/tests passed/,$p' "build/ctest-$preset.log"
  done
}

# fuzz_all SECONDS: runs every fuzzer for this time, half of them at the same time.
fuzz_all() {
  build_preset fuzz && stage "fuzz, $1 s each" fuzz_each "$1"
}

fuzz_each() {
  local -a fuzzers=(build/fuzz/bin/*_fuzz)
  printf '%s\0' "${fuzzers[@]}" | xargs -0 -P $(((${#fuzzers[@]} + 1) / 2)) -I '{}' scripts/fuzz.sh '{}' "$1"
}

# The rooms whose unit tests coverage runs, as an extended regular expression. Read by ./dev.
coverage_rooms='bytes|hpack|http2|grpc_http2|device'

# build_unit_tests PRESET ROOMS: the programs of tests/unit/ROOM.
build_unit_tests() {
  local -a targets
  mapfile -t targets < <(ninja -C "build/$1" -t targets all |
    sed -nE "s:^tests/unit/($2)/CMakeFiles/([a-z0-9_]+_test)\\.dir/.*:\\2:p" | sort -u)
  build_preset "$1" "${targets[@]}"
}

# coverage_page: runs the unit tests of build/coverage, and writes what they cover to docs/security.md.
coverage_page() {
  local profiles=$PWD/build/coverage/profiles
  rm -rf "$profiles"
  mkdir -p "$profiles"
  LLVM_PROFILE_FILE=$profiles/%p.profraw ctest_preset coverage -R "^unit/($coverage_rooms)/" >&2 &&
    /usr/bin/python3 tests/coverage/coverage.py "$profiles" --write
}

# conformance_page: runs tests/conformance against each engine and writes docs/conformance.md from the results.
conformance_page() {
  ctest --test-dir build/host -L conformance -E '^conformance/page$' --output-on-failure -j "$jobs" </dev/null >&2 &&
    /usr/bin/python3 tests/conformance/page.py build/host/conformance --write
}

# hostile_program PROGRAM ARGUMENTS...: a program of tests/hostile against the gateway of the host's build.
hostile_program() {
  local program=$1
  shift
  PYTHONPATH=build/host/python PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "tests/hostile/$program" \
    --binary build/host/bin/mote-gateway "$@"
}

# hostile_page NAME: runs the attacks whose names contain NAME against each engine; without NAME, writes docs/hostile.md of what came of it.
hostile_page() {
  PYTHONPATH=build/host/python PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/hostile/page.py \
    --lean build/host/bin/mote-gateway --grpc build/host/bin/mote-gateway-grpc --only "$1"
}

# generated_headers PRESET: generates the headers that clang-tidy needs.
generated_headers() {
  local -a headers
  mapfile -t headers < <(ninja -C "build/$1" -t targets all | sed -nE 's/^(.*\.(h|inc)): CUSTOM_COMMAND$/\1/p')
  ((${#headers[@]} == 0)) || stage "generate headers, $1" ninja -C "build/$1" --quiet "${headers[@]}"
}

# tracked PATTERN...: the files of the repository that match, NUL-terminated.
tracked() {
  git -c safe.directory="$PWD" ls-files -z -- "$@"
}

lint_format() {
  tracked '*.h' '*.cpp' '*.c' | xargs -0 -r clang-format --dry-run -Werror
}

lint_shell() {
  tracked dev .ci/run examples/starter/dev examples/starter/ci '*.sh' '*.init' | xargs -0 -r shellcheck -x
}

lint_python() {
  tracked '*.py' deploy/deploy | xargs -0 -r pyflakes3
}

# build_native_board [TARGET...]: builds for the board of machines like this one, if there is one (tests/bench/servers.py).
build_native_board() {
  case $(uname -m) in
    x86_64) build_preset generic-amd64 "$@" ;;
    aarch64) build_preset generic-aarch64 "$@" ;;
  esac
}

# newer_servers: builds the servers of ./dev bench --newer in a root folder of Debian sid, as root. It takes 4.5 GB and is kept: to get
# the versions of today, remove build/bench/newer.
newer_servers() {
  stage "build newer servers" tests/bench/newer.sh "$PWD/proto" "$PWD/build/bench/newer"
}

# bench_programs: builds all servers of ./dev bench, which reports a peer that cannot be built as missing.
bench_programs() {
  build_native_board mote-gateway || return 1
  configure host -DMOTE_TESTS=ON && build_preset host mote-gateway mote-gateway-grpc mote-device bench_programs || return 1
  mkdir -p build/bench
  stage "build grpc-go" tests/bench/build_go.sh "$PWD/proto" "$PWD/build/bench/go" >build/bench/go.log 2>&1 ||
    echo "dev: grpc-go was not built, see build/bench/go.log" >&2
}

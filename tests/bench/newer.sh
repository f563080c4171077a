#!/usr/bin/env bash
# newer.sh PROTO_FOLDER ROOT: builds gRPC servers with the newest packages of Debian, in a root folder of sid.
#
# ROOT gets grpc-go and tonic of sid, and gRPC C++ of experimental, because sid has an old one. The programs are ROOT/bench/bin/NAME. An
# existing root folder is kept. It needs root for chroot and mounts.
# shellcheck disable=SC2016 # The shell of the root folder expands.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/root_folder.sh
. scripts/root_folder.sh

proto=$1
root=$2
packages=cargo,g++,golang-go,golang-google-grpc-dev,libgrpc++-dev,librust-tokio-dev,librust-tonic-build-dev,librust-tonic-dev
packages+=,protobuf-compiler,protobuf-compiler-grpc,protoc-gen-go-1-5,protoc-gen-go-grpc

if ((EUID != 0)); then
  echo "newer: this needs root, for chroot and mounts" >&2
  exit 1
fi

if [[ ! -e $root/bench ]]; then
  sources=$(/usr/bin/python3 toolchains/isolated_apt.py sid && /usr/bin/python3 toolchains/isolated_apt.py experimental)
  preferences=$(mktemp)
  trap 'rm -f "$preferences"' EXIT
  # Everything else is of sid: apt installs nothing of experimental on its own.
  printf 'Package: src:grpc src:protobuf\nPin: release a=experimental\nPin-Priority: 990\n' >"$preferences"
  # A mirror that lags behind is good enough. apt still checks the signatures.
  make_root "$root.new" sid "$sources" "$packages" --aptopt='Acquire::Check-Valid-Until "false"' \
    --setup-hook="install -D -m 644 $preferences \"\$1/etc/apt/preferences.d/bench\""
  mkdir "$root.new/bench"
  rm -rf "$root"
  mv "$root.new" "$root"
fi

rm -rf "$root/bench/source" "$root/bench/bin"
mkdir -p "$root/bench/source" "$root/bench/bin"
cp -r "$proto" "$root/bench/source/proto"
cp -r tests/bench/{grpc_callback.cpp,go,tonic} "$root/bench/source"

# attempt NAME COMMANDS: runs them in bench/source of the root folder; they write ../bin/NAME.
attempt() {
  enter "$root" bash -euc "cd /bench/source; export PROTO_FOLDER=/bench/source/proto; $2" </dev/null || echo "newer: $1 was not built" >&2
}

attempt grpc-go '
  export GOPATH=$PWD/go-path:/usr/share/gocode GO111MODULE=off GOCACHE=/bench/go-cache
  mkdir -p go-path/src
  protoc -I proto --go_out=go-path/src --go-grpc_out=go-path/src --{go,go-grpc}_opt=Mecho.proto=mote/echo echo.proto
  go build -o ../bin/grpc-go go/main.go'
attempt grpc-cpp '
  mkdir stubs
  protoc -I proto --cpp_out=stubs --grpc_out=stubs --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin echo.proto
  g++ -std=c++20 -O2 -DNDEBUG -I stubs grpc_callback.cpp stubs/*.cc -o ../bin/grpc-cpp $(pkg-config --cflags --libs grpc++ protobuf absl_synchronization)'
attempt tonic '
  cd tonic
  mkdir .cargo
  printf "[source.crates-io]\nreplace-with = \"debian\"\n[source.debian]\ndirectory = \"/usr/share/cargo/registry\"\n" >.cargo/config.toml
  cargo build --offline --release --quiet --target-dir /bench/cargo
  cp /bench/cargo/release/tonic-echo ../../bin/tonic'

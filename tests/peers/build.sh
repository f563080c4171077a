#!/usr/bin/env bash
# build.sh go|java|ruby|rust PROTO_FOLDER OUT: builds the programs of a language into OUT/LANGUAGE/bin, offline, with Debian's packages.
set -euo pipefail

language=$1
proto=$2
out=$3/$language
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$out/bin"

go_programs() {
  mkdir -p "$out/src/echo"
  export GOPATH="$out:/usr/share/gocode" GO111MODULE=off GOCACHE="$out/cache"
  go build -o "$out/bin/protoc-gen-go" github.com/golang/protobuf/protoc-gen-go
  PATH=$out/bin:$PATH protoc -I "$proto" --go_out=plugins=grpc:"$out/src/echo" echo.proto
  go build -o "$out/bin/client" "$here/clients/grpc_go.go"
  go build -o "$out/bin/server" "$here/servers/grpc_go.go"
}

# Debian's jars that grpc-netty needs. Some are needed only at run time, so the compiler does not report a missing one.
java_class_path() {
  local folder=/usr/share/java jar
  local -a jars=("$folder"/{grpc-api,grpc-context,grpc-core,grpc-netty,grpc-protobuf,grpc-protobuf-lite,grpc-stub}.jar
    "$folder"/{gson,guava,perfmark-api,protobuf,geronimo-annotation-1.3-spec}.jar
    "$folder"/netty-{buffer,codec,codec-http,codec-http2,codec-socks,common,handler,handler-proxy,resolver,transport}.jar
    "$folder/netty-transport-native-unix-common.jar")
  for jar in "${jars[@]}"; do
    if [[ ! -e $jar ]]; then
      echo "build.sh: $jar is missing" >&2
      return 1
    fi
  done
  printf '%s:' "${jars[@]}"
}

java_programs() {
  local class_path program
  class_path=$(java_class_path)
  mkdir -p "$out/source"
  protoc -I "$proto" --plugin=protoc-gen-grpc-java=/usr/bin/grpc_java_plugin --java_out="$out/source" \
    --grpc-java_out="$out/source" echo.proto
  javac -d "$out/classes" -cp "$class_path" "$here"/clients/{GrpcJava,NettyAlpn}.java "$here/servers/EchoServer.java" \
    "$out"/source/echo/*.java
  for program in client:GrpcJava server:EchoServer; do
    printf '#!/bin/sh\nexec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp %s %s "$@"\n' \
      "$class_path$out/classes" "${program#*:}" >"$out/bin/${program%:*}"
    chmod +x "$out/bin/${program%:*}"
  done
}

ruby_programs() {
  mkdir -p "$out/stubs"
  protoc -I "$proto" --plugin=protoc-gen-grpc=/usr/bin/grpc_ruby_plugin --ruby_out="$out/stubs" --grpc_out="$out/stubs" echo.proto
}

# The crates are those of Debian's librust-*-dev packages. H2_VERSION is the version that the client reports.
rust_programs() {
  local crate
  cp -r "$here/clients/rust_h2/." "$out"
  crate=$(compgen -G "/usr/share/cargo/registry/h2-*")
  mkdir -p "$out/cargo"
  cat >"$out/cargo/config.toml" <<'TOML'
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "/usr/share/cargo/registry"
TOML
  (cd "$out" && CARGO_HOME=$out/cargo RUSTC=/usr/bin/rustc H2_VERSION=${crate##*/h2-} \
    /usr/bin/cargo build --offline --release --quiet)
  cp "$out/target/release/client" "$out/bin/client"
}

"${language}_programs"

#!/usr/bin/env bash
# build_go.sh PROTO_FOLDER OUT: builds the Go server with Debian's grpc-go and its generator, offline.
set -euo pipefail

proto=$1
out=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$out/bin" "$out/src/mote/echo"
export GOPATH="$out:/usr/share/gocode" GO111MODULE=off GOCACHE="$out/cache"

go build -o "$out/bin/protoc-gen-go" github.com/golang/protobuf/protoc-gen-go
PATH=$out/bin:$PATH protoc -I "$proto" --go_out=plugins=grpc:"$out/src/mote/echo" echo.proto
go build -o "$out/bin/grpc-go" "$here/go/main.go"

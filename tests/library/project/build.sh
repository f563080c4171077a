#!/bin/sh
# Builds the programs with pkg-config, without CMake.
#   build.sh FOLDER
set -eu
cd "$(dirname "$0")"
out=$1
data=$(pkg-config --variable=datadir mote-server)

protoc --plugin=protoc-gen-mote="$data/generator/protoc-gen-mote" --mote_out="$out" --mote_opt=options_path=. -I . greeter.proto
nanopb_generator.py --quiet --error-on-unmatched --cpp-descriptors --options-file=%s.nanopb_options -I . -I "$out" -D "$out" greeter.proto
python3 "$data/cmake/nanopb_oneofs.py" "$out/greeter.pb.h"

# pkg-config prints several words.
# shellcheck disable=SC2046
{
  cc -c $(pkg-config --cflags mote-device) "$out/greeter.pb.c" -o "$out/greeter.pb.o"
  c++ -std=c++20 -DGREETER_VERSION='"1.2.3"' -I "$out" $(pkg-config --cflags mote-server) gateway.cpp "$out/greeter.pb.o" \
    $(pkg-config --libs mote-server) -o "$out/greeter-gateway"
  cc -I "$out" $(pkg-config --cflags mote-device) device.c "$out/greeter.pb.o" \
    $(pkg-config --libs mote-device mote-port-posix) -o "$out/greeter-device"
}

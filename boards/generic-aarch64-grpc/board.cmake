# Any 64-bit ARM, for the gateway on the official gRPC library.
set(MOTE_TRIPLET aarch64-linux-gnu)
set(MOTE_CPU_FLAGS "-march=armv8-a")
set(MOTE_EMULATED_CPU cortex-a53)
set(MOTE_ENGINE grpc)

# Any ARMv7 with a floating-point unit, hard-float ABI, for the gateway on the official gRPC library.
set(MOTE_TRIPLET arm-linux-gnueabihf)
set(MOTE_CPU_FLAGS "-march=armv7-a+fp")
set(MOTE_EMULATED_CPU cortex-a7)
set(MOTE_ENGINE grpc)

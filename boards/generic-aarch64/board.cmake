# Any 64-bit ARM.
set(MOTE_TRIPLET aarch64-linux-musl)
set(MOTE_CPU_FLAGS "-march=armv8-a")
set(MOTE_EMULATED_CPU cortex-a53)

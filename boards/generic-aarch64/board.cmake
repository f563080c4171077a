# Any 64-bit ARM.
set(MOTE_TRIPLET aarch64-linux-musl)
set(MOTE_CPU_FLAGS "-march=armv8-a")
set(MOTE_EMULATED_CPU cortex-a53)
# Its programs have TLS (scripts/presets.py).
set(MOTE_BOARD_TLS ON)

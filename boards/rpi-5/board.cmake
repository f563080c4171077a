# Raspberry Pi 5: BCM2712, four Cortex-A76.
set(MOTE_TRIPLET aarch64-linux-musl)
set(MOTE_CPU_FLAGS "-mcpu=cortex-a76")
set(MOTE_EMULATED_CPU cortex-a76)

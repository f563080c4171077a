# A Raspberry Pi 3 of the project.
set(MOTE_TRIPLET aarch64-linux-musl)
set(MOTE_CPU_FLAGS "-mcpu=cortex-a53")
set(MOTE_EMULATED_CPU cortex-a53)
set(MOTE_PAGE_BYTES 16384)

# Raspberry Pi Zero 2 W: RP3A0, four Cortex-A53.
set(MOTE_TRIPLET aarch64-linux-musl)
set(MOTE_CPU_FLAGS "-mcpu=cortex-a53")
set(MOTE_EMULATED_CPU cortex-a53)

# A board of our own: 64-bit ARM, static programs. mote's boards/ has other examples.
set(MOTE_TRIPLET aarch64-linux-musl)
set(MOTE_CPU_FLAGS "-mcpu=cortex-a53")
set(MOTE_EMULATED_CPU cortex-a53)

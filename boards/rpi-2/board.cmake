# Raspberry Pi 2: BCM2836, four Cortex-A7.
set(MOTE_TRIPLET arm-linux-musleabihf)
set(MOTE_CPU_FLAGS "-mcpu=cortex-a7 -mfpu=neon-vfpv4")
set(MOTE_EMULATED_CPU cortex-a7)
# Its programs have TLS (scripts/presets.py).
set(MOTE_BOARD_TLS ON)

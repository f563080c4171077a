# BeagleBone Black: AM335x, one Cortex-A8.
set(MOTE_TRIPLET arm-linux-musleabihf)
set(MOTE_CPU_FLAGS "-mcpu=cortex-a8 -mfpu=neon")
set(MOTE_EMULATED_CPU cortex-a8)
# Its programs have TLS (scripts/presets.py).
set(MOTE_BOARD_TLS ON)

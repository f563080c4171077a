# Any ARMv7 with a floating-point unit, hard-float ABI: what Debian calls armhf.
set(MOTE_TRIPLET arm-linux-musleabihf)
set(MOTE_CPU_FLAGS "-march=armv7-a+fp")
set(MOTE_EMULATED_CPU cortex-a7)
# Its programs have TLS (scripts/presets.py).
set(MOTE_BOARD_TLS ON)

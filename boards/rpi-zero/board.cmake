# Raspberry Pi Zero, Zero W and 1: BCM2835, one ARM1176 (ARMv6).
set(MOTE_TRIPLET arm-linux-musleabi)
set(MOTE_CPU_FLAGS "-mcpu=arm1176jzf-s -marm -mfpu=vfp -mfloat-abi=softfp")
set(MOTE_EMULATED_CPU arm1176)
# Its programs have TLS (scripts/presets.py).
set(MOTE_BOARD_TLS ON)

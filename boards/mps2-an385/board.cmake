# Arm MPS2 with the Cortex-M3 of application note AN385, which is QEMU's machine mps2-an385.
set(MOTE_TRIPLET arm-none-eabi)
set(MOTE_CPU_FLAGS "-mcpu=cortex-m3 -mthumb")
# Its programs have TLS (scripts/presets.py).
set(MOTE_BOARD_TLS ON)

# Raspberry Pi 3: BCM2837, four Cortex-A53.
set(MOTE_TRIPLET aarch64-linux-musl)
set(MOTE_CPU_FLAGS "-mcpu=cortex-a53")
set(MOTE_EMULATED_CPU cortex-a53)
# The kernel of Raspberry Pi OS for the Raspberry Pi 5 has pages of 16 KiB, others of 4 KiB.
set(MOTE_PAGE_BYTES 16384)
# Its programs have TLS (scripts/presets.py).
set(MOTE_BOARD_TLS ON)

# Raspberry Pi 5: BCM2712, four Cortex-A76.
set(MOTE_TRIPLET aarch64-linux-musl)
set(MOTE_CPU_FLAGS "-mcpu=cortex-a76")
set(MOTE_EMULATED_CPU cortex-a76)
# The kernel of Raspberry Pi OS for the Raspberry Pi 5 has pages of 16 KiB, others of 4 KiB.
set(MOTE_PAGE_BYTES 16384)
# Its programs have TLS (scripts/presets.py).
set(MOTE_BOARD_TLS ON)

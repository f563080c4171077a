# Raspberry Pi 4: BCM2711, four Cortex-A72.
set(MOTE_TRIPLET aarch64-linux-musl)
set(MOTE_CPU_FLAGS "-mcpu=cortex-a72")
set(MOTE_EMULATED_CPU cortex-a72)
# The kernel of Raspberry Pi OS for the Raspberry Pi 5 has pages of 16 KiB, others of 4 KiB.
set(MOTE_PAGE_BYTES 16384)
# Its programs have TLS (scripts/presets.py).
set(MOTE_BOARD_TLS ON)

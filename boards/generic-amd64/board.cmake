# Any PC: optimized for speed, not for size.
set(MOTE_TRIPLET x86_64-linux-musl)
set(MOTE_CPU_FLAGS "-march=x86-64")
set(MOTE_OPTIMIZATION -O2)
# Its programs have TLS (scripts/presets.py).
set(MOTE_BOARD_TLS ON)

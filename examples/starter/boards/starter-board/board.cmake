# A board of our own: 64-bit ARM, static programs. mote's boards/ has other examples.
set(MOTE_TRIPLET aarch64-linux-musl)
set(MOTE_CPU_FLAGS "-mcpu=cortex-a53")
set(MOTE_EMULATED_CPU cortex-a53)
# For a service with exceptions, threads, streams or other parts of the complete C++ library:
# set(MOTE_CXX_LIBRARY full)

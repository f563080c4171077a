# OpenWrt's options of CMake.
CMAKE_OPTIONS = -DCMAKE_BUILD_TYPE=Release

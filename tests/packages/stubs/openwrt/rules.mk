# The commands and folders of OpenWrt's rules.mk.
INSTALL_DIR := install -d -m0755
INSTALL_BIN := install -m0755
INSTALL_CONF := install -m0600
BUILD_DIR := /build

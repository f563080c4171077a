################################################################################
#
# mote. NOT BUILT: it has not been tried with Buildroot.
#
################################################################################

MOTE_VERSION = 0.1.0
MOTE_SITE = $(BR2_EXTERNAL_MOTE_PATH)/../..
MOTE_SITE_METHOD = local
MOTE_LICENSE = Apache-2.0
MOTE_LICENSE_FILES = LICENSE
# The folder of nanopb's source, in the version of the generator on the build host.
MOTE_NANOPB_SOURCE ?=
MOTE_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude /build
MOTE_CONF_OPTS = \
	-DMOTE_TESTS=OFF \
	-DMOTE_NANOPB_SOURCE=$(MOTE_NANOPB_SOURCE)

# What programs are built with. Buildroot itself removes headers and libraries.
define MOTE_REMOVE_GENERATOR
	rm -rf $(TARGET_DIR)/usr/share/mote $(TARGET_DIR)/usr/bin/protoc-gen-mote
endef
MOTE_POST_INSTALL_TARGET_HOOKS += MOTE_REMOVE_GENERATOR

$(eval $(cmake-package))

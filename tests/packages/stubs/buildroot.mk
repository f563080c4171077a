# Reads an external tree as Buildroot does, and prints what its package defines.
define cmake-package
all:
	echo site $(MOTE_SITE) $(MOTE_SITE_METHOD)
	echo license $(MOTE_LICENSE) $(MOTE_LICENSE_FILES)
	echo cmake $(MOTE_CONF_OPTS)
	echo rsync $(MOTE_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS)
	$(foreach hook,$(MOTE_POST_INSTALL_TARGET_HOOKS),$($(hook)))
endef

include $(BR2_EXTERNAL_MOTE_PATH)/external.mk

# Reads the definitions of a package as OpenWrt's package.mk does, and prints them.
PKG_BUILD_DIR := $(BUILD_DIR)/$(PKG_NAME)-$(PKG_VERSION)
PKG_INSTALL_DIR := $(PKG_BUILD_DIR)/ipkg-install

define BuildPackage
  TITLE :=
  $(eval $(Package/$(1)))
install:
	$$(Build/Prepare)
	echo title $(TITLE)
	echo depends $(DEPENDS)
	echo description $$(Package/$(1)/description)
	echo cmake $(CMAKE_OPTIONS)
	echo conffile $$(Package/$(1)/conffiles)
	$$(call Package/$(1)/install,/root)
endef

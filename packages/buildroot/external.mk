# External tree of mote. NOT BUILT: it has not been tried with Buildroot.
include $(sort $(wildcard $(BR2_EXTERNAL_MOTE_PATH)/package/*/*.mk))

# Recipe of mote-gateway and mote-device. NOT BUILT: it has not been tried with Yocto.
#
# Add packages/yocto of a copy of mote to BBLAYERS. nanopb comes from meta-oe. MOTE_NANOPB_SOURCE is the folder of nanopb's source in the
# same version.
SUMMARY = "gRPC gateway in fixed memory, and a tool that checks any gRPC server"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"
SECTION = "net"

DEPENDS = "nanopb-native protobuf-native python3-protobuf-native libseccomp-native"

inherit cmake externalsrc python3native

EXTERNALSRC = "${@os.path.abspath(os.path.join(d.getVar('THISDIR'), '../../../..'))}"

EXTRA_OECMAKE = " \
    -DMOTE_TESTS=OFF \
    -DMOTE_NANOPB_SOURCE=${MOTE_NANOPB_SOURCE} \
"

PACKAGES =+ "${PN}-device"
FILES:${PN}-device = "${bindir}/mote-device"
# What programs are built with.
FILES:${PN}-dev += "${datadir}/mote ${bindir}/protoc-gen-mote"

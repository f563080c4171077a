"""Measures the kernel's memory for the sockets of one local TCP port, as sock_diag(7) counts it."""

import socket
import struct

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST_DUMP = 0x301
NLMSG_ERROR, NLMSG_DONE = 2, 3
INET_DIAG_SKMEMINFO = 7
ALL_STATES = 0xFFFFFFFF
HEADER_BYTES, MESSAGE_BYTES, ATTRIBUTE_BYTES = 16, 72, 4
# Indexes of SK_MEMINFO_*: received and not read, reserved, sent and not acknowledged, options, backlog.
RECEIVED, RESERVED, QUEUED, OPTIONS, BACKLOG = 0, 4, 5, 6, 7


def socket_memory(port):
    """The number of sockets at this port, and the bytes that the kernel keeps for them."""
    sockets = total = 0
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as netlink:
        for family in (socket.AF_INET, socket.AF_INET6):
            netlink.send(_request(family, port))
            for body in _messages(netlink):
                sockets += 1
                total += _bytes_of(body)
    return sockets, total


def _request(family, port):
    wanted = struct.pack("=BBBxI", family, socket.IPPROTO_TCP, 1 << (INET_DIAG_SKMEMINFO - 1), ALL_STATES)
    wanted += struct.pack(">HH", port, 0) + bytes(44)
    return struct.pack("=IHHII", HEADER_BYTES + len(wanted), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP, 0, 0) + wanted


def _messages(netlink):
    while True:
        data = netlink.recv(1 << 20)
        while data:
            size, kind = struct.unpack_from("=IH", data)
            if kind == NLMSG_DONE:
                return
            if kind == NLMSG_ERROR:
                raise OSError(-struct.unpack_from("=i", data, HEADER_BYTES)[0], "sock_diag")
            yield data[HEADER_BYTES:size]
            data = data[size + 3 & ~3 :]


def _bytes_of(body):
    attributes = body[MESSAGE_BYTES:]
    while attributes:
        size, kind = struct.unpack_from("=HH", attributes)
        if kind == INET_DIAG_SKMEMINFO:
            counts = struct.unpack_from("=8i", attributes, ATTRIBUTE_BYTES)
            return sum(counts[each] for each in (RECEIVED, RESERVED, QUEUED, OPTIONS, BACKLOG))
        attributes = attributes[size + 3 & ~3 :]
    return 0

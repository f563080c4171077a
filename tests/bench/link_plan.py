"""What ./dev bench --links measures."""

import servers as table

SERVERS = (table.MOTE, table.CPP, table.GO_PEER)
DEVICE = "device"  # mote-device calls mote-gateway.
COLUMNS = {table.MOTE: "mote", table.CPP: "gRPC C++", table.GO_PEER: "grpc-go", DEVICE: "mote-device"}
RTTS_MS = (20, 100, 300)
LOSSES = (0, 1)  # percent, in each direction
# Of each size, by the loss.
CALLS = {0: 5, 1: 11}
SIZES = (10, 1 << 10, 4 << 10, 16 << 10, 65_530, 256 << 10, 1 << 20)
UPLOAD_MBIT, UPLOAD_RTT_MS = 20, 100
UPLOAD_MESSAGES = 12  # of 1 MiB
UNARY_AT_ONCE = 4

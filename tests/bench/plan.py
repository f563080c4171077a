"""The points that ./dev bench measures, and the number of rounds."""

ROUNDS = 5
CURVE_ROUNDS = 3
# Of messages by size: large ones depend on the caches, and so vary more.
SIZE_ROUNDS = 11
STARTS = 9
IDLE_CONNECTIONS = 1000
STREAMS = (1, 4, 16, 64, 256, 1024)
CONNECTIONS = (1, 10, 100, 1000, 10_000)
# Of the most connections, those that call while the others are silent.
BUSY_CONNECTIONS = 100
TEXT_BYTES = (1, 64, 1024, 4 * 1024, 16 * 1024, 128 * 1024, 1024 * 1024)
STREAM_MESSAGES = 100
TLS_POINTS = ("pipelined", "single")
KINDS = ("unary", "server stream", "client stream", "bidirectional")

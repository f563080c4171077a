"""Header blocks that use the header table, and those that do not fit one frame."""

import raw_http2 as h2
from raw_hpack import integer

FIRST_DYNAMIC = 62  # RFC 7541 2.3.3: the newest entry of the dynamic table
POST_HTTP = b"\x83\x86"  # :method POST, :scheme http of the static table
OTHER_FIELDS = (("te", "trailers"), ("content-type", "application/grpc"))


def block_frames(stream, block, end_stream=True):
    """One header block in HEADERS and CONTINUATION."""
    pieces = [block[at : at + h2.MAX_FRAME_BYTES] for at in range(0, len(block), h2.MAX_FRAME_BYTES)]
    frames = []
    for number, piece in enumerate(pieces):
        flags = h2.END_HEADERS if number == len(pieces) - 1 else 0
        if number == 0:
            frames.append(h2.frame(h2.HEADERS, flags | (h2.END_STREAM if end_stream else 0), stream, piece))
        else:
            frames.append(h2.frame(h2.CONTINUATION, flags, stream, piece))
    return b"".join(frames)


def entry(name, value):
    """A literal field that is added to the header table."""
    return b"\x40" + integer(len(name), 7) + name + integer(len(value), 7) + value


def indexed(index):
    return integer(index, 7, 0x80)


def head_for_table(*fields):
    """A request that adds these fields, and those that gRPC requires, to the header table."""
    return POST_HTTP + b"".join(entry(name.encode(), value.encode()) for name, value in (*fields, *OTHER_FIELDS))


def head_from_table(fields):
    """The same request from the header table, after head_for_table() with this number of fields."""
    last = fields + len(OTHER_FIELDS) - 1
    return POST_HTTP + b"".join(indexed(FIRST_DYNAMIC + number) for number in range(last, -1, -1))

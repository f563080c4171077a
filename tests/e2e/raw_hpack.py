"""Encodes and decodes header blocks (RFC 7541) for raw_http2.py.

The encoder writes literals without indexing and without Huffman codes. The decoder reads static entries and literals, because the client
announces a header table of 0 bytes.
"""

import huffman

STATIC_TABLE = [tuple(line.split("=", 1)) for line in """:authority=
:method=GET
:method=POST
:path=/
:path=/index.html
:scheme=http
:scheme=https
:status=200
:status=204
:status=206
:status=304
:status=400
:status=404
:status=500
accept-charset=
accept-encoding=gzip, deflate
accept-language=
accept-ranges=
accept=
access-control-allow-origin=
age=
allow=
authorization=
cache-control=
content-disposition=
content-encoding=
content-language=
content-length=
content-location=
content-range=
content-type=
cookie=
date=
etag=
expect=
expires=
from=
host=
if-match=
if-modified-since=
if-none-match=
if-range=
if-unmodified-since=
last-modified=
link=
location=
max-forwards=
proxy-authenticate=
proxy-authorization=
range=
referer=
refresh=
retry-after=
server=
set-cookie=
strict-transport-security=
transfer-encoding=
user-agent=
vary=
via=
www-authenticate=""".split("\n")]


def integer(value, prefix_bits, first=0):
    """RFC 7541 5.1."""
    most = (1 << prefix_bits) - 1
    if value < most:
        return bytes([first | value])
    encoded, value = [first | most], value - most
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def encode_fields(fields):
    block = bytearray()
    for name, value in fields:
        name, value = (text.encode() if isinstance(text, str) else text for text in (name, value))
        block += b"\0" + integer(len(name), 7) + name + integer(len(value), 7) + value
    return bytes(block)


def decode_fields(block):
    return list(_Reader(block).fields())


class _Reader:
    def __init__(self, block):
        self._block, self._at = block, 0

    def fields(self):
        while self._at < len(self._block):
            first = self._block[self._at]
            if first & 0x80:
                yield STATIC_TABLE[self._integer(7) - 1]
            elif first & 0xE0 == 0x20:
                self._integer(5)
            else:
                # An entry that is added to a table of 0 bytes is evicted immediately (RFC 7541 4.4).
                index = self._integer(6 if first & 0x40 else 4)
                name = STATIC_TABLE[index - 1][0] if index else self._text()
                yield name, self._text()

    def _integer(self, prefix_bits):
        most = (1 << prefix_bits) - 1
        value, shift = self._take() & most, 0
        if value < most:
            return value
        while True:
            byte = self._take()
            value += (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    def _text(self):
        is_coded = self._block[self._at] & 0x80
        size = self._integer(7)
        self._at += size
        text = self._block[self._at - size : self._at]
        return (huffman.decode(text) if is_coded else text).decode()

    def _take(self):
        self._at += 1
        return self._block[self._at - 1]

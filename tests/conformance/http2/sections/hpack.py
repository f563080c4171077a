"""RFC 7541 sections 2 to 6: header blocks."""

import frames as f
import raw_http2 as h2
from case import Case, Section, answered, connection_error
from huffman import encode as huffman
from raw_hpack import integer

ERROR = connection_error(h2.COMPRESSION_ERROR)
KEY, VALUE = b"x-echo-a", b"one"
ENTRY = f.incremental(KEY, VALUE)
ENTRY_BYTES = len(KEY) + len(VALUE) + 32
ECHO = ((KEY.decode(), VALUE.decode()),)
FIRST, SECOND = f.indexed(62), f.indexed(63)
# Clause, kind and first byte of each literal.
REPRESENTATIONS = (
    ("6.2.1", "with indexing", 0x40),
    ("6.2.2", "without indexing", 0),
    ("6.2.3", "never indexed", 0x10),
)
PRINTABLE = bytes(range(0x20, 0x7F)).strip()


def refused(clause, name, what, *blocks):
    """Each block follows the header block of a request. The last one cannot be decoded."""
    return Case(f"rfc7541-{clause}-{name}", what, _calls(blocks), ERROR, stream=2 * len(blocks) - 1)


def decoded(clause, name, what, *blocks, echo=ECHO):
    """Each block follows the header block of a request. The last one contains the fields in `echo`."""
    return Case(f"rfc7541-{clause}-{name}", what, _calls(blocks), answered, stream=2 * len(blocks) - 1, echo=echo)


def started(clause, name, what, *blocks, expect=answered, echo=()):
    """Each block starts with these bytes, followed by the fields of a request."""
    steps = tuple(
        f.headers(block + f.BLOCK, 2 * number + 1) + f.data(stream=2 * number + 1)
        for number, block in enumerate(blocks)
    )
    return Case(f"rfc7541-{clause}-{name}", what, steps, expect, stream=2 * len(blocks) - 1, echo=echo)


def _calls(blocks):
    return tuple(f.packed(block, 2 * number + 1) for number, block in enumerate(blocks))


def echoes(*values):
    return tuple((KEY.decode(), value.decode("latin-1")) for value in values)


def update_above_the_announced_size(exchange):
    size = exchange.setting(h2.HEADER_TABLE_SIZE, 4096)
    exchange.send(f.headers(f.size_update(size + 1) + f.BLOCK) + f.data())


def update_to_the_announced_size(exchange):
    size = exchange.setting(h2.HEADER_TABLE_SIZE, 4096)
    exchange.send(f.headers(f.size_update(size) + f.BLOCK) + f.data())


def static_request(exchange):
    """A request whose pseudo-header fields use entries or names of the static table."""
    block = f.indexed(3) + f.indexed(6) + f.unindexed(4, f.REPLY.encode()) + f.unindexed(1, b"localhost")
    block += f.unindexed(31, b"application/grpc") + f.unindexed(b"te", b"trailers")
    exchange.send(f.headers(block) + f.data())


def every_static_entry(exchange):
    """The static table without pseudo-header fields and without four fields that make a request malformed if they are empty."""
    malformed = {28, 31, 38, 57}  # content-length, content-type, host, transfer-encoding
    exchange.send(f.packed(b"".join(f.indexed(index) for index in range(15, 62) if index not in malformed)))


TWO_ENTRIES = f.incremental(KEY, b"one") + f.incremental(KEY, b"two")

SECTION = Section(
    "RFC 7541 2 to 6: HPACK",
    (
        # 2.3: the tables
        Case(
            "rfc7541-2.3.1-static-entries",
            "Pseudo-header fields and names may be entries of the static table.",
            (static_request,),
            answered,
        ),
        Case(
            "rfc7541-2.3.1-every-entry", "Every entry of the static table can be used.", (every_static_entry,), answered
        ),
        decoded(
            "2.3.2", "newest-first", "The newest entry has the lowest index.", TWO_ENTRIES, FIRST, echo=echoes(b"two")
        ),
        decoded("2.3.2", "older-behind", "Older entries have higher indexes.", TWO_ENTRIES, SECOND, echo=echoes(b"one")),
        decoded("2.3.2", "duplicates", "The table may contain duplicate entries.", ENTRY + ENTRY, SECOND),
        decoded("2.3.3", "dynamic-behind-static", "The dynamic table starts at index 62.", ENTRY, FIRST),
        decoded("2.3.3", "same-block", "An entry can be used in the block that adds it.", ENTRY + FIRST),
        refused("2.3.3", "beyond-an-empty-table", "An index beyond both tables is a decoding error.", FIRST),
        refused("2.3.3", "beyond-the-last-entry", "The index after the last entry is a decoding error.", ENTRY, SECOND),
        refused("2.3.3", "name-beyond-the-tables",
            "A name index beyond both tables is a decoding error.", f.unindexed(62, b"v")),
        # 4: the size of the dynamic table
        Case(
            "rfc7541-4.1-entry-fits-exactly",
            "An entry that exactly fits the table is added.",
            (f.headers(f.size_update(ENTRY_BYTES) + f.BLOCK + ENTRY) + f.data(), f.packed(FIRST, 3)),
            answered,
            stream=3,
            echo=ECHO,
        ),
        Case(
            "rfc7541-4.1-entry-one-byte-too-large",
            "An entry that is one byte larger than the table is not added.",
            (f.headers(f.size_update(ENTRY_BYTES - 1) + f.BLOCK + ENTRY) + f.data(), f.packed(FIRST, 3)),
            ERROR,
            stream=3,
        ),
        Case(
            "rfc7541-4.1-two-entries-fit-exactly",
            "Two entries that exactly fit the table are added.",
            (f.headers(f.size_update(2 * ENTRY_BYTES) + f.BLOCK + TWO_ENTRIES) + f.data(), f.packed(SECOND, 3)),
            answered,
            stream=3,
            echo=echoes(b"one"),
        ),
        Case(
            "rfc7541-4.2-update-to-the-limit",
            "A size update up to the announced size is accepted.",
            (update_to_the_announced_size,),
            answered,
        ),
        Case(
            "rfc7541-4.2-update-above-the-limit",
            "A size update above the announced size is a decoding error.",
            (update_above_the_announced_size,),
            ERROR,
        ),
        started(
            "4.2",
            "two-updates",
            "A block may start with two updates, the smaller size first.",
            f.size_update(0) + f.size_update(256),
        ),
        Case(
            "rfc7541-4.2-two-updates-to-4096",
            "The second of two updates may go up to the initial size of 4,096 bytes, unless the server has lowered it.",
            (f.headers(f.size_update(128) + f.size_update(4096) + f.BLOCK) + f.data(),),
            answered,
            applies=lambda exchange: exchange.setting(h2.HEADER_TABLE_SIZE, 4096) >= 4096,
        ),
        refused(
            "4.2",
            "update-behind-a-field",
            "An update after a field is a decoding error.",
            f.size_update(64),
        ),
        refused("4.2", "update-between-fields",
            "An update between fields is a decoding error.", ENTRY + f.size_update(64) + ENTRY),
        Case(
            "rfc7541-4.2-update-in-trailers",
            "The first block after the change may be the trailers.",
            (
                f.request()
                + f.data(flags=0)
                + f.headers(f.size_update(64) + f.unindexed(b"x-late", b"v"), 1, f.END_HEADERS | f.END),
            ),
            answered,
        ),
        Case(
            "rfc7541-4.3-update-evicts",
            "A size update evicts the oldest entries that no longer fit.",
            (
                f.packed(TWO_ENTRIES, 1),
                f.headers(f.size_update(ENTRY_BYTES) + f.BLOCK, 3) + f.data(stream=3),
                f.packed(SECOND, 5),
            ),
            ERROR,
            stream=5,
        ),
        Case(
            "rfc7541-4.3-update-keeps-the-newest",
            "A size update keeps the newest entries that fit.",
            (
                f.packed(TWO_ENTRIES, 1),
                f.headers(f.size_update(ENTRY_BYTES) + f.BLOCK, 3) + f.data(stream=3),
                f.packed(FIRST, 5),
            ),
            answered,
            stream=5,
            echo=echoes(b"two"),
        ),
        Case(
            "rfc7541-4.3-update-to-0-clears",
            "A size update to 0 empties the table.",
            (
                f.packed(ENTRY, 1),
                f.headers(f.size_update(0) + f.size_update(256) + f.BLOCK, 3) + f.data(stream=3),
                f.packed(FIRST, 5),
            ),
            ERROR,
            stream=5,
        ),
        Case(
            "rfc7541-4.4-new-entry-evicts",
            "A new entry evicts the oldest entry if both do not fit.",
            (f.headers(f.size_update(2 * ENTRY_BYTES - 1) + f.BLOCK + TWO_ENTRIES) + f.data(), f.packed(SECOND, 3)),
            ERROR,
            stream=3,
        ),
        Case(
            "rfc7541-4.4-new-entry-stays",
            "The new entry is added.",
            (f.headers(f.size_update(2 * ENTRY_BYTES - 1) + f.BLOCK + TWO_ENTRIES) + f.data(), f.packed(FIRST, 3)),
            answered,
            stream=3,
            echo=echoes(b"two"),
        ),
        Case(
            "rfc7541-4.4-entry-larger-than-the-table",
            "An entry larger than the table is not an error: the field is used, and the table is cleared.",
            (f.headers(f.size_update(64) + f.BLOCK + f.incremental(KEY, b"v" * 100)) + f.data(),),
            answered,
            echo=echoes(b"v" * 100),
        ),
        Case(
            "rfc7541-4.4-too-large-entry-clears",
            "An entry larger than the table evicts all other entries.",
            (
                f.headers(f.size_update(64) + f.BLOCK + ENTRY + f.incremental(KEY, b"v" * 100)) + f.data(),
                f.packed(FIRST, 3),
            ),
            ERROR,
            stream=3,
        ),
        Case(
            "rfc7541-4.4-name-of-an-evicted-entry",
            "A new entry may use the name of the entry that it evicts.",
            (
                f.headers(f.size_update(ENTRY_BYTES) + f.BLOCK + ENTRY + f.incremental(62, b"two")) + f.data(),
                f.packed(FIRST, 3),
            ),
            answered,
            stream=3,
            echo=echoes(b"two"),
        ),
        # 5.1: integers
        decoded(
            "5.1",
            "length-in-several-bytes",
            "An integer that does not fit its prefix continues in further bytes.",
            f.incremental(KEY, b"v" * 300),
            echo=echoes(b"v" * 300),
        ),
        decoded(
            "5.1",
            "length-of-just-the-prefix",
            "127 in a prefix of 7 bits has a second byte of 0.",
            f.incremental(KEY, b"v" * 127),
            echo=echoes(b"v" * 127),
        ),
        decoded(
            "5.1",
            "length-with-leading-zeros",
            "An integer may have more bytes than necessary.",
            b"\x40" + f.text(KEY) + b"\x7f\x81\x80\x00" + b"v" * 128,
            echo=echoes(b"v" * 128),
        ),
        refused(
            "5.1",
            "index-of-too-many-bytes",
            "An integer with too many bytes is a decoding error.",
            b"\xff" + b"\x80" * 20 + b"\x01",
        ),
        refused(
            "5.1",
            "index-too-large",
            "An integer that is too large is a decoding error.",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        ),
        refused("5.1", "length-too-large",
            "A length that is too large is a decoding error.", b"\x40\x7f\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
        refused("5.1", "index-cut-short", "An integer that ends with the block is a decoding error.", b"\xff\x80"),
        # 5.2: strings
        decoded("5.2", "plain", "A string may be uncoded.", f.unindexed(KEY, VALUE)),
        decoded(
            "5.2",
            "huffman",
            "A string may be Huffman-coded.",
            b"\0" + f.text(huffman(KEY), True) + f.text(huffman(VALUE), True),
        ),
        decoded(
            "5.2",
            "huffman-name-plain-value",
            "The name and the value may be coded differently.",
            b"\0" + f.text(huffman(KEY), True) + f.text(VALUE),
        ),
        decoded(
            "5.2",
            "huffman-of-every-character",
            "Every printable character can be Huffman-coded.",
            b"\0" + f.text(KEY) + f.text(huffman(PRINTABLE), True),
            echo=echoes(PRINTABLE),
        ),
        decoded(
            "5.2",
            "huffman-of-every-padding",
            "Padding may have 0 to 7 bits.",
            b"".join(b"\0" + f.text(KEY) + f.text(huffman(b"a" * size), True) for size in range(1, 9)),
            echo=echoes(*[b"a" * size for size in range(1, 9)]),
        ),
        decoded(
            "5.2",
            "huffman-of-nothing",
            "A Huffman-coded string may be empty.",
            b"\0" + f.text(KEY) + f.text(b"", True),
            echo=echoes(b""),
        ),
        refused(
            "5.2",
            "padding-of-zeros",
            "Padding must consist of ones, the start of the code of EOS.",
            b"\0" + f.text(KEY) + f.text(b"\x18", True),
        ),
        refused(
            "5.2",
            "padding-of-8-bits",
            "Padding of more than 7 bits is a decoding error.",
            b"\0" + f.text(KEY) + f.text(huffman(VALUE) + b"\xff", True),
        ),
        refused(
            "5.2", "padding-alone",
            "Padding of 8 bits without a character is a decoding error.", b"\0" + f.text(KEY) + f.text(b"\xff", True)
        ),
        refused(
            "5.2",
            "eos",
            "A string with the code of EOS is a decoding error.",
            b"\0" + f.text(KEY) + f.text(b"\xff\xff\xff\xff", True),
        ),
        refused(
            "5.2",
            "eos-in-the-middle",
            "The code of EOS in the middle of a string is a decoding error.",
            b"\0" + f.text(KEY) + f.text(b"\x1f\xff\xff\xff\xf8\x1f", True),
        ),
        refused(
            "5.2",
            "longer-than-the-block",
            "A string longer than the rest of its block is a decoding error.",
            b"\0" + f.text(KEY) + b"\x05abc",
        ),
        refused("5.2", "name-longer-than-the-block",
            "A name longer than the rest of its block is a decoding error.", b"\0\x05abc"),
        refused("5.2", "no-value", "A literal without a value is a decoding error.", b"\0" + f.text(KEY)),
        # 6: representations
        refused("6.1", "index-0", "The index 0 is a decoding error.", f.indexed(0)),
        decoded("6.1", "dynamic", "An indexed field may be an entry of the dynamic table.", ENTRY, FIRST),
        decoded("6.2.1", "new-name", "A literal with a new name is added to the table.", ENTRY, FIRST),
        decoded(
            "6.2.1",
            "name-of-the-dynamic-table",
            "The name of a literal may be an entry of the dynamic table.",
            ENTRY,
            f.incremental(62, b"two"),
            FIRST,
            echo=echoes(b"two"),
        ),
        decoded(
            "6.2.1",
            "name-of-the-static-table",
            "The name of a literal may be an entry of the static table.",
            f.incremental(58, b"agent") + ENTRY,
            SECOND + FIRST,
        ),
        decoded("6.2.1", "empty-value",
            "The value of a literal may be empty.", f.incremental(KEY, b""), FIRST, echo=echoes(b"")),
        refused("6.2.1", "name-beyond-the-tables",
            "A name index beyond both tables is a decoding error.", f.incremental(62, b"v")),
        decoded("6.2.2", "new-name", "A literal without indexing is a field of the request.", f.unindexed(KEY, VALUE)),
        refused(
            "6.2.2",
            "not-added",
            "A literal without indexing is not added to the table.",
            f.unindexed(KEY, VALUE),
            FIRST,
        ),
        decoded(
            "6.2.2", "indexed-name",
            "The name of the literal may be an index.", ENTRY, f.unindexed(62, b"two"), echo=echoes(b"two")
        ),
        decoded("6.2.3", "new-name", "A literal never indexed is a field of the request.", f.never_indexed(KEY, VALUE)),
        refused(
            "6.2.3",
            "not-added",
            "A literal never indexed is not added to the table.",
            f.never_indexed(KEY, VALUE),
            FIRST,
        ),
        decoded(
            "6.2.3",
            "indexed-name",
            "The name of the literal may be an index.",
            ENTRY,
            f.never_indexed(62, b"two"),
            echo=echoes(b"two"),
        ),
        refused("6.2.3", "name-beyond-the-tables",
            "A name index beyond both tables is a decoding error.", f.never_indexed(62, b"v")),
        *[
            decoded(
                clause,
                "huffman",
                f"Both strings of a literal {kind} may be Huffman-coded.",
                bytes([first]) + f.text(huffman(KEY), True) + f.text(huffman(VALUE), True),
            )
            for clause, kind, first in REPRESENTATIONS
        ],
        *[
            decoded(
                clause,
                "indexed-name-huffman",
                f"The value of a literal {kind} whose name is an index may be Huffman-coded.",
                ENTRY,
                integer(62, bits, first) + f.text(huffman(b"two"), True),
                echo=echoes(b"two"),
            )
            for (clause, kind, first), bits in zip(REPRESENTATIONS, (6, 4, 4))
        ],
        started("6.3", "update-to-0", "A table of 0 bytes is allowed.", f.size_update(0), b""),
        started(
            "6.3",
            "update-again",
            "Every block may have an update.",
            f.size_update(64),
            f.size_update(0),
            f.size_update(128),
        ),
        started(
            "6.3",
            "update-of-the-largest-integer",
            "The largest possible size update is a decoding error.",
            b"\x3f\xff\xff\xff\xff\x0f",
            expect=ERROR,
        ),
        started(
            "6.3",
            "update-cut-by-a-field",
            "An update with an unterminated integer is a decoding error.",
            b"\x3f" + b"\xff" * 12,
            expect=ERROR,
        ),
    ),
)

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
    """The last of these blocks, behind the head of a request each, cannot be decoded."""
    return Case(f"rfc7541-{clause}-{name}", what, _calls(blocks), ERROR, stream=2 * len(blocks) - 1)


def decoded(clause, name, what, *blocks, echo=ECHO):
    """The last of these blocks, behind the head of a request each, holds the fields in `echo`."""
    return Case(f"rfc7541-{clause}-{name}", what, _calls(blocks), answered, stream=2 * len(blocks) - 1, echo=echo)


def started(clause, name, what, *blocks, expect=answered, echo=()):
    """Each block starts with these bytes, and the head of a request follows."""
    steps = tuple(
        f.headers(block + f.BLOCK, 2 * number + 1) + f.data(stream=2 * number + 1)
        for number, block in enumerate(blocks)
    )
    return Case(f"rfc7541-{clause}-{name}", what, steps, expect, stream=2 * len(blocks) - 1, echo=echo)


def _calls(blocks):
    return tuple(f.packed(block, 2 * number + 1) for number, block in enumerate(blocks))


def echoes(*values):
    return tuple((KEY.decode(), value.decode("latin-1")) for value in values)


def update_above_what_is_announced(exchange):
    size = exchange.setting(h2.HEADER_TABLE_SIZE, 4096)
    exchange.send(f.headers(f.size_update(size + 1) + f.BLOCK) + f.data())


def update_to_what_is_announced(exchange):
    size = exchange.setting(h2.HEADER_TABLE_SIZE, 4096)
    exchange.send(f.headers(f.size_update(size) + f.BLOCK) + f.data())


def static_request(exchange):
    """A request whose pseudo-header fields are entries of the static table, or names of it."""
    block = f.indexed(3) + f.indexed(6) + f.unindexed(4, f.REPLY.encode()) + f.unindexed(1, b"localhost")
    block += f.unindexed(31, b"application/grpc") + f.unindexed(b"te", b"trailers")
    exchange.send(f.headers(block) + f.data())


def every_static_entry(exchange):
    """All of the static table but pseudo-header fields and four that spoil a request when they are empty."""
    spoiling = {28, 31, 38, 57}  # content-length, content-type, host, transfer-encoding
    exchange.send(f.packed(b"".join(f.indexed(index) for index in range(15, 62) if index not in spoiling)))


TWO_ENTRIES = f.incremental(KEY, b"one") + f.incremental(KEY, b"two")

SECTION = Section(
    "RFC 7541 2 to 6: HPACK",
    (
        # 2.3: the tables
        Case(
            "rfc7541-2.3.1-static-entries",
            "Pseudo-header fields and names come out of the static table.",
            (static_request,),
            answered,
        ),
        Case(
            "rfc7541-2.3.1-every-entry", "Each entry of the static table can be named.", (every_static_entry,), answered
        ),
        decoded(
            "2.3.2", "newest-first", "The newest entry has the lowest index.", TWO_ENTRIES, FIRST, echo=echoes(b"two")
        ),
        decoded("2.3.2", "older-behind", "Older entries have higher ones.", TWO_ENTRIES, SECOND, echo=echoes(b"one")),
        decoded("2.3.2", "duplicates", "The table may hold the same entry twice.", ENTRY + ENTRY, SECOND),
        decoded("2.3.3", "dynamic-behind-static", "The dynamic table starts at index 62.", ENTRY, FIRST),
        decoded("2.3.3", "same-block", "An entry can be named in the block that adds it.", ENTRY + FIRST),
        refused("2.3.3", "beyond-an-empty-table", "An index beyond both tables is a decoding error.", FIRST),
        refused("2.3.3", "beyond-the-last-entry", "So is the one behind the last entry.", ENTRY, SECOND),
        refused("2.3.3", "name-beyond-the-tables", "So is such an index of a name.", f.unindexed(62, b"v")),
        # 4: the size of the dynamic table
        Case(
            "rfc7541-4.1-entry-fits-exactly",
            "A table that has room for an entry to the byte holds it.",
            (f.headers(f.size_update(ENTRY_BYTES) + f.BLOCK + ENTRY) + f.data(), f.packed(FIRST, 3)),
            answered,
            stream=3,
            echo=ECHO,
        ),
        Case(
            "rfc7541-4.1-entry-one-byte-too-large",
            "A table with room for one byte less does not.",
            (f.headers(f.size_update(ENTRY_BYTES - 1) + f.BLOCK + ENTRY) + f.data(), f.packed(FIRST, 3)),
            ERROR,
            stream=3,
        ),
        Case(
            "rfc7541-4.1-two-entries-fit-exactly",
            "Two entries fit where there is room for both to the byte.",
            (f.headers(f.size_update(2 * ENTRY_BYTES) + f.BLOCK + TWO_ENTRIES) + f.data(), f.packed(SECOND, 3)),
            answered,
            stream=3,
            echo=echoes(b"one"),
        ),
        Case(
            "rfc7541-4.2-update-to-the-limit",
            "A size update up to what the server announces is taken.",
            (update_to_what_is_announced,),
            answered,
        ),
        Case(
            "rfc7541-4.2-update-above-the-limit",
            "A size update above what the server announces is a decoding error.",
            (update_above_what_is_announced,),
            ERROR,
        ),
        started(
            "4.2",
            "two-updates",
            "Two updates may stand at the start of a block, the smallest size first.",
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
            "An update stands at the start of a block, not behind a field.",
            f.size_update(64),
        ),
        refused("4.2", "update-between-fields", "Neither between fields.", ENTRY + f.size_update(64) + ENTRY),
        Case(
            "rfc7541-4.2-update-in-trailers",
            "The first block after the change may be that of trailers.",
            (
                f.request()
                + f.data(flags=0)
                + f.headers(f.size_update(64) + f.unindexed(b"x-late", b"v"), 1, f.END_HEADERS | f.END),
            ),
            answered,
        ),
        Case(
            "rfc7541-4.3-update-evicts",
            "A size update drops the oldest entries that have no room any more.",
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
            "The newest that have room stay.",
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
            "A new entry drops the oldest when there is no room for both.",
            (f.headers(f.size_update(2 * ENTRY_BYTES - 1) + f.BLOCK + TWO_ENTRIES) + f.data(), f.packed(SECOND, 3)),
            ERROR,
            stream=3,
        ),
        Case(
            "rfc7541-4.4-new-entry-stays",
            "The new entry is there.",
            (f.headers(f.size_update(2 * ENTRY_BYTES - 1) + f.BLOCK + TWO_ENTRIES) + f.data(), f.packed(FIRST, 3)),
            answered,
            stream=3,
            echo=echoes(b"two"),
        ),
        Case(
            "rfc7541-4.4-entry-larger-than-the-table",
            "An entry larger than the table is no error: the field counts, and the table is empty.",
            (f.headers(f.size_update(64) + f.BLOCK + f.incremental(KEY, b"v" * 100)) + f.data(),),
            answered,
            echo=echoes(b"v" * 100),
        ),
        Case(
            "rfc7541-4.4-too-large-entry-clears",
            "The entries that were there before are gone.",
            (
                f.headers(f.size_update(64) + f.BLOCK + ENTRY + f.incremental(KEY, b"v" * 100)) + f.data(),
                f.packed(FIRST, 3),
            ),
            ERROR,
            stream=3,
        ),
        Case(
            "rfc7541-4.4-name-of-an-evicted-entry",
            "A new entry may take its name from the entry that it drops.",
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
            "An integer that does not fit its prefix goes on in more bytes.",
            f.incremental(KEY, b"v" * 300),
            echo=echoes(b"v" * 300),
        ),
        decoded(
            "5.1",
            "length-of-just-the-prefix",
            "127 in a prefix of 7 bits takes a second byte, of 0.",
            f.incremental(KEY, b"v" * 127),
            echo=echoes(b"v" * 127),
        ),
        decoded(
            "5.1",
            "length-with-leading-zeros",
            "An integer may have more bytes than it needs.",
            b"\x40" + f.text(KEY) + b"\x7f\x81\x80\x00" + b"v" * 128,
            echo=echoes(b"v" * 128),
        ),
        refused(
            "5.1",
            "index-of-too-many-bytes",
            "An integer that goes on for too long is a decoding error.",
            b"\xff" + b"\x80" * 20 + b"\x01",
        ),
        refused(
            "5.1",
            "index-too-large",
            "An integer above what can be held is a decoding error.",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        ),
        refused("5.1", "length-too-large", "So is such a length.", b"\x40\x7f\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
        refused("5.1", "index-cut-short", "An integer that ends with the block is a decoding error.", b"\xff\x80"),
        # 5.2: strings
        decoded("5.2", "plain", "Strings may be plain.", f.unindexed(KEY, VALUE)),
        decoded(
            "5.2",
            "huffman",
            "Strings may be Huffman-coded.",
            b"\0" + f.text(huffman(KEY), True) + f.text(huffman(VALUE), True),
        ),
        decoded(
            "5.2",
            "huffman-name-plain-value",
            "Each string says for itself which it is.",
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
            "Padding has 0 to 7 bits.",
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
            "Padding is ones, the start of the code of EOS.",
            b"\0" + f.text(KEY) + f.text(b"\x18", True),
        ),
        refused(
            "5.2",
            "padding-of-8-bits",
            "Padding of more than 7 bits is a decoding error.",
            b"\0" + f.text(KEY) + f.text(huffman(VALUE) + b"\xff", True),
        ),
        refused(
            "5.2", "padding-alone", "Even where nothing else is there.", b"\0" + f.text(KEY) + f.text(b"\xff", True)
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
            "Wherever it stands.",
            b"\0" + f.text(KEY) + f.text(b"\x1f\xff\xff\xff\xf8\x1f", True),
        ),
        refused(
            "5.2",
            "longer-than-the-block",
            "A string longer than the rest of its block is a decoding error.",
            b"\0" + f.text(KEY) + b"\x05abc",
        ),
        refused("5.2", "name-longer-than-the-block", "So is a name.", b"\0\x05abc"),
        refused("5.2", "no-value", "A literal without a value is a decoding error.", b"\0" + f.text(KEY)),
        # 6: representations
        refused("6.1", "index-0", "The index 0 is not used.", f.indexed(0)),
        decoded("6.1", "dynamic", "An indexed field comes out of the dynamic table.", ENTRY, FIRST),
        decoded("6.2.1", "new-name", "A literal with a new name is added to the table.", ENTRY, FIRST),
        decoded(
            "6.2.1",
            "name-of-the-dynamic-table",
            "Its name may be one of the dynamic table.",
            ENTRY,
            f.incremental(62, b"two"),
            FIRST,
            echo=echoes(b"two"),
        ),
        decoded(
            "6.2.1",
            "name-of-the-static-table",
            "Or one of the static table.",
            f.incremental(58, b"agent") + ENTRY,
            SECOND + FIRST,
        ),
        decoded("6.2.1", "empty-value", "The value may be empty.", f.incremental(KEY, b""), FIRST, echo=echoes(b"")),
        refused("6.2.1", "name-beyond-the-tables", "The index of a name must be there.", f.incremental(62, b"v")),
        decoded("6.2.2", "new-name", "A literal without indexing counts.", f.unindexed(KEY, VALUE)),
        refused(
            "6.2.2",
            "not-added",
            "A literal without indexing is not added to the table.",
            f.unindexed(KEY, VALUE),
            FIRST,
        ),
        decoded(
            "6.2.2", "indexed-name", "Its name may be an index.", ENTRY, f.unindexed(62, b"two"), echo=echoes(b"two")
        ),
        decoded("6.2.3", "new-name", "A literal never indexed counts.", f.never_indexed(KEY, VALUE)),
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
            "Its name may be an index.",
            ENTRY,
            f.never_indexed(62, b"two"),
            echo=echoes(b"two"),
        ),
        refused("6.2.3", "name-beyond-the-tables", "The index of a name must be there.", f.never_indexed(62, b"v")),
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
                f"So may the value of a literal {kind} whose name is an index.",
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
            "An update may come in each block.",
            f.size_update(64),
            f.size_update(0),
            f.size_update(128),
        ),
        started(
            "6.3",
            "update-of-the-largest-integer",
            "A size above the limit is a decoding error, however large.",
            b"\x3f\xff\xff\xff\xff\x0f",
            expect=ERROR,
        ),
        started(
            "6.3",
            "update-cut-by-a-field",
            "An update whose integer does not end is a decoding error.",
            b"\x3f" + b"\xff" * 12,
            expect=ERROR,
        ),
    ),
)

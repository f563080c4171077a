"""The Huffman code of RFC 7541, Appendix B, for ASCII."""

# The length in bits of the code of each byte, and of EOS at the end. The code is canonical: ordered by length, then by
# symbol.
_LENGTHS = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28,
    28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13,
    6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6,
    6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
]  # fmt: skip


def _codes():
    codes, code, last = {}, 0, 0
    # The bytes above 0x7f have codes of 19 bits or more, which follow those of ASCII.
    for length, symbol in sorted((length, symbol) for symbol, length in enumerate(_LENGTHS) if length < 20):
        code <<= length - last
        codes[symbol] = (code, length)
        code, last = code + 1, length
    return codes


_CODES = _codes()
_SYMBOLS = {f"{code:0{length}b}": symbol for symbol, (code, length) in _CODES.items()}


def encode(text):
    """Encodes printable ASCII. The last byte is padded with ones."""
    bits = "".join(f"{code:0{length}b}" for code, length in (_CODES[byte] for byte in text))
    bits += "1" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


def decode(coded):
    """Decodes a text. The rest at the end is padding."""
    text, code = bytearray(), ""
    for bit in "".join(f"{byte:08b}" for byte in coded):
        code += bit
        if code in _SYMBOLS:
            text.append(_SYMBOLS[code])
            code = ""
    assert len(code) < 8 and "0" not in code, "no Huffman code of ASCII"
    return bytes(text)

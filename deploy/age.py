"""Which of two versions is older, in the order of dpkg (deb-version(7))."""

import itertools
import re


def is_older(one, other):
    """True if the release `one` is older. The hash of its files, after the last -, does not count."""
    return key(without_hash(one)) < key(without_hash(other))


def without_hash(version):
    return version.rpartition("-")[0] or version


def key(version):
    """Sorts as dpkg does: words and numbers in turn; ~ comes before the end, and letters before other characters."""
    words = re.split(r"(\d+)", version)
    return list(itertools.chain.from_iterable(([rank(letter) for letter in word] + [0], int(number)) for word, number in itertools.zip_longest(words[::2], words[1::2], fillvalue="0")))


def rank(letter):
    if letter == "~":
        return -1
    return ord(letter) if letter.isalpha() else ord(letter) + 256

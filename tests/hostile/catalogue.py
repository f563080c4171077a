"""All attacks, by area, in the order of the tables."""

import attack
from attacks import compression, crowds, floods, headers, messages, slow, windows

AREAS = {
    "floods": "Floods",
    "headers": "Header blocks",
    "slow": "Slow clients",
    "windows": "Replies that are not read",
    "crowds": "Crowds",
    "messages": "Messages, other protocols, the log",
    "compression": "Compressed messages",
}
MODULES = (floods, headers, slow, windows, crowds, messages, compression)
ATTACKS = attack.ATTACKS


def of(area):
    return [each for each in ATTACKS.values() if each.area == area]

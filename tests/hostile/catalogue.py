"""All attacks, by area, in the order of the tables."""

import attack
from attacks import crowds, floods, headers, messages, slow, windows

AREAS = {
    "floods": "Floods",
    "headers": "Header blocks",
    "slow": "Slow clients",
    "windows": "Replies that are not read",
    "crowds": "Crowds",
    "messages": "Messages, other protocols, the log",
}
MODULES = (floods, headers, slow, windows, crowds, messages)
ATTACKS = attack.ATTACKS


def of(area):
    return [each for each in ATTACKS.values() if each.area == area]

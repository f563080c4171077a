"""Defines an attack, and lists all attacks."""

import dataclasses
import typing

ATTACKS = {}
BYSTANDERS = ("open", "new", "unix")


@dataclasses.dataclass(frozen=True)
class Attack:
    name: str
    identifiers: tuple  # CVE numbers
    what: str  # one line for the table
    run: typing.Callable  # takes a Scene
    counters: tuple  # counters of the gateway, at least one of which the attack increments
    log: str  # a pattern of the log, in place of the line for one of the counters
    options: tuple
    spared: tuple  # kinds of bystanders that must be served
    area: str

    def reaches_a_limit(self):
        """Otherwise neither a counter nor the log shows the attack."""
        return bool(self.counters or self.log)



def attack(*identifiers, what, counters=(), log="", options=(), spared=BYSTANDERS):
    """Registers a function as an attack. The function's name names the attack; its module is the area."""

    def register(function):
        name = function.__name__.replace("_", "-")
        assert name not in ATTACKS, name
        counted = (counters,) if isinstance(counters, str) else tuple(counters)
        area = function.__module__.rpartition(".")[2]
        ATTACKS[name] = Attack(name, identifiers, what, function, counted, log, tuple(options), tuple(spared), area)
        return function

    return register

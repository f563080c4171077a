"""A fleet file: hosts in groups, their boards, canaries and configuration (TOML).

    [config]                        # for all hosts
    log-level = "warn"

    [groups.north]
    board = "rpi-3"
    canaries = ["gw-1"]
    hosts = ["gw-1", "gw-2"]
    config = { listen = ["*:50051"], max-connections = 200 }

    [hosts.gw-2]
    address = "root@10.0.0.2"       # for ssh; the name, if there is none
    config = { max-connections = 50 }

A host is in one group. Its values replace those of its group, and these the values for all hosts.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from host import host_name
from product import Unusable

KEY = re.compile(r"[a-z][a-z0-9-]*")
GROUP_KEYS = {"board": str, "hosts": list, "canaries": list, "config": dict}
HOST_KEYS = {"address": str, "board": str, "config": dict}


@dataclass(frozen=True)
class Member:
    """One host of a fleet."""

    name: str
    address: str
    group: str
    board: str
    canary: bool
    config: dict


def read(path):
    """The hosts of a fleet file, in its order. Raises Unusable with the first fault."""
    try:
        fleet = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Unusable(f"cannot read {path}: {error}") from error
    try:
        return members(fleet)
    except Unusable as error:
        raise Unusable(f"{path}: {error}") from error


def members(fleet):
    check(fleet, {"config": dict, "groups": dict, "hosts": dict}, "the file")
    common = configuration(fleet, "the file")
    hosts = fleet.get("hosts", {})
    found = {}
    for group_name, group in fleet.get("groups", {}).items():
        where = f"groups.{group_name}"
        check(group, GROUP_KEYS, where)
        names, canaries = (list_of_names(group, key, where) for key in ("hosts", "canaries"))
        for name in canaries:
            if name not in names:
                raise Unusable(f"{where}: the canary {name} is not among its hosts")
        for name in names:
            if name in found:
                raise Unusable(f"{where}: the host {name} is in the group {found[name].group} already")
            host = hosts.get(name, {})
            check(host, HOST_KEYS, f"hosts.{name}")
            board = host.get("board", group.get("board"))
            if board is None:
                raise Unusable(f"{where}: the host {name} has no board")
            config = {**common, **configuration(group, where), **configuration(host, f"hosts.{name}")}
            found[name] = Member(name, host_name(host.get("address", name)), group_name, board, name in canaries, config)
    for name in hosts:
        if name not in found:
            raise Unusable(f"hosts.{name}: the host is in no group")
    if not found:
        raise Unusable("it has no hosts")
    return list(found.values())


def check(table, keys, where):
    """Every key of `table` is known and has a value of its type."""
    if not isinstance(table, dict):
        raise Unusable(f"{where} is not a table")
    for key, value in table.items():
        if key not in keys:
            raise Unusable(f"{where}: {key} is not a key; keys: {', '.join(keys)}")
        if not isinstance(value, keys[key]):
            raise Unusable(f"{where}: {key} must be {({str: 'a text', list: 'a list', dict: 'a table'})[keys[key]]}")


def list_of_names(group, key, where):
    names = group.get(key, [])
    for name in names:
        if not isinstance(name, str):
            raise Unusable(f"{where}: {key} must be names")
        host_name(name)
    return names


def configuration(table, where):
    values = table.get("config", {})
    for key, value in values.items():
        if not KEY.fullmatch(key):
            raise Unusable(f'{where}: config has the key "{key}"; keys are lower-case letters, digits and -')
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, (str, int)) or "\n" in str(item) or "#" in str(item) or not str(item).strip():
                raise Unusable(f"{where}: {key} in config must be a text, a number, true or false, or a list of them")
    return values


def choose(fleet, groups, names):
    """The hosts of these groups, or with these names; all if there are neither. Canaries come first. Raises Unusable."""
    for kind, wanted, known in (("group", groups, {one.group for one in fleet}), ("host", names, {one.name for one in fleet})):
        for name in wanted:
            if name not in known:
                raise Unusable(f"the fleet has no {kind} {name}; it has {', '.join(sorted(known)[:20])}")
    chosen = [one for one in fleet if (not groups and not names) or one.group in groups or one.name in names]
    return sorted(chosen, key=lambda one: not one.canary)

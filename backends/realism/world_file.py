"""World files: what a user says about the world of their documents, in TOML or JSON."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from ...grammar.errors import TriggerfishError
from .population import NAMING, OF_ROLE, ListedHost, ListedUser, Outline
from .vocabulary import LINUX, MACOS, WINDOWS


class WorldError(TriggerfishError, ValueError):
    """A world file that cannot be used; the message names the file, the place in it and what is wrong."""


def read_world(path: str | Path) -> Outline:
    """Read a world file.

    Args:
        path: a file of TOML, or of JSON if its name ends in ``.json``.

    Raises:
        WorldError: it cannot be read, or is not a world.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        tables = json.loads(text) if str(path).endswith(".json") else tomllib.loads(text)
    except OSError as error:
        raise WorldError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise WorldError(f"{path}: {error}") from None
    return outline_of(tables, str(path))


def outline_of(tables: object, name: str = "world") -> Outline:
    """Return what the tables of a world file say.

    Args:
        tables: as TOML or JSON gives them.
        name: of the file, for errors.

    Raises:
        WorldError: a table or a value is not one of a world.
    """
    try:
        outline = Outline()
        given = _table(tables, "", (*_SECTIONS, "size", "naming", "hosts", "users", "pools"))
        for section, columns in _SECTIONS.items():
            for key, value in _table(given.get(section, {}), section, columns).items():
                outline = replace(outline, **{key: columns[key](value, f"{section}.{key}")})
        hosts = tuple(_entry(ListedHost, entry, f"hosts[{at}]") for at, entry in enumerate(_entries(given, "hosts")))
        users = tuple(_entry(ListedUser, entry, f"users[{at}]") for at, entry in enumerate(_entries(given, "users")))
        for at, host in enumerate(hosts):
            _check_host(host, f"hosts[{at}]", {user.name for user in users})
        naming = {key: _pattern(value, f"naming.{key}") for key, value in _table(given.get("naming", {}), "naming", NAMING).items()}
        pools = {key: _values(value, f"pools.{key}") for key, value in _table(given.get("pools", {}), "pools").items()}
        size = None if "size" not in given else _size(given["size"], "size")
    except _MistakeError as mistake:
        raise WorldError(f"{name}: {mistake}") from None
    return replace(outline, hosts=hosts, users=users, naming=naming, pools=pools, size=size)


class _MistakeError(Exception):
    """What is wrong, and where."""


def _table(value: object, place: str, keys: Mapping[str, object] | Sequence[str] | None = None) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _MistakeError(f"`{place or 'the file'}` must be a table")
    for key in value:
        if keys is not None and key not in keys:
            near = get_close_matches(key, list(keys), 1)
            raise _MistakeError(f"unknown key `{place}{'.' if place else ''}{key}`{f'; did you mean `{near[0]}`?' if near else ''}")
    return value


def _entries(given: Mapping[str, Any], name: str) -> list[Any]:
    entries = given.get(name, [])
    if not isinstance(entries, list):
        raise _MistakeError(f"`{name}` must be a list of tables: use `[[{name}]]`")
    return entries


def _entry(kind: type[Any], entry: object, place: str) -> Any:
    names = [each.name for each in fields(kind)]
    values = {}
    for key, value in _table(entry, place, names).items():
        values[key] = _texts(value, f"{place}.{key}") if key == "users" else _text(value, f"{place}.{key}")
    if not values.get("name"):
        raise _MistakeError(f"`{place}` has no `name`")
    return kind(**values)


def _check_host(host: ListedHost, place: str, users: set[str]) -> None:
    for value, allowed, key in ((host.os, (WINDOWS, LINUX, MACOS), "os"), (host.role, tuple(OF_ROLE), "role")):
        if value and value not in allowed:
            raise _MistakeError(f"`{place}.{key}` is `{value}`; use one of {', '.join(f'`{each}`' for each in allowed)}")
    if host.address:
        _address(host.address, f"{place}.address")
    for user in host.users:
        if user not in users:
            raise _MistakeError(f"`{place}.users`: no user is called `{user}`")


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or not value:
        raise _MistakeError(f"`{place}` must be a text")
    return value


def _texts(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise _MistakeError(f"`{place}` must be a list of texts")
    return tuple(_text(item, f"{place}[{at}]") for at, item in enumerate(value))


def _values(value: object, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(item, str | int | float | bool) for item in value):
        raise _MistakeError(f"`{place}` must be a list of texts, numbers or booleans")
    return tuple(value)


def _size(value: object, place: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LARGEST:
        raise _MistakeError(f"`{place}` must be a whole number from 1 to {LARGEST:,}")
    return value


LARGEST = 100_000
"""The maximum number of hosts, and of users, of a world."""


def _address(value: object, place: str) -> str:
    text = _text(value, place)
    try:
        ip_address(text)
    except ValueError:
        raise _MistakeError(f"`{place}`: `{text}` is not an IP address") from None
    return text


def _networks(value: object, place: str) -> tuple[str, ...]:
    texts = _texts(value, place)
    for text in texts:
        try:
            ip_network(text)
        except ValueError:
            raise _MistakeError(f"`{place}`: `{text}` is not a network; use CIDR notation, such as `10.1.0.0/16`") from None
    return texts


def _pattern(value: object, place: str) -> str:
    text = _text(value, place)
    try:
        text.format(unit="a", n=1, first="a", last="b", f="a", l="b")
    except (LookupError, ValueError, AttributeError):
        names = "`{first}`, `{last}`, `{f}`, `{l}`" if place.endswith("user") else "`{unit}`, `{n}`, `{n:03}`"
        raise _MistakeError(f"`{place}`: `{text}` is not a pattern of names; use {names}") from None
    return text


_SECTIONS: Mapping[str, Mapping[str, Callable[[object, str], Any]]] = {
    "organisation": {"domain": _text, "dns_domain": _text, "mail_domain": _text, "time_zone": _text},
    "networks": {"internal": _networks, "external": _networks, "resolver": _address},
    "cloud": {"accounts": _texts, "projects": _texts, "regions": _texts},
}
"""By section, how its keys are read."""

EXAMPLE = """\
# The world that realistic documents take their hosts, users and addresses from.
# Everything is optional: what is not given is drawn from the seed. Remove what you do not need.

# The number of hosts, and of users; without it, those listed here, or 100 if none are.
size = 100

[organisation]
domain = "CORP"                    # user.domain on Windows
dns_domain = "corp.example.com"
mail_domain = "example.com"
time_zone = "UTC"                  # event.timezone

[naming]                           # {unit}: a department or a service; {n}: a number
workstation = "ws-{unit}{n:02}"
server = "srv-{unit}{n:02}"
domain-controller = "dc{n:02}"
unix = "{unit}-{n:02}"
mac = "mac-{unit}-{n:02}"
user = "{first}.{last}"            # or {f}{last}

[networks]
internal = ["10.1.0.0/20", "10.2.0.0/20"]
external = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"]
resolver = "10.0.0.53"

[cloud]
accounts = ["123456789012", "210987654321"]
projects = ["example-production", "example-staging"]
regions = ["us-east-1", "eu-west-1"]

[[hosts]]
name = "srv-file01"
role = "server"                    # workstation, server, domain-controller, unix, mac
version = "10.0.20348"             # host.os.version
address = "10.1.0.21"
users = ["maria.lindqvist"]

[[users]]
name = "maria.lindqvist"
full_name = "Maria Lindqvist"
mail = "maria.lindqvist@example.com"
group = "Finance"

[pools]                            # values to prefer, wherever a rule leaves the choice open
"user_agent.original" = ["ExampleClient/2.1", "ExampleClient/2.2"]
"""
"""A world file to begin with."""

"""Identifiers that follow from the machine or the user: one for each, whichever event names it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache

from ..environment import Environment


@lru_cache(maxsize=65536)
def _number(*parts: str) -> int:
    return int.from_bytes(hashlib.blake2b("|".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest(), "big")


def _agent(kind: str) -> Callable[[Environment], str]:
    return lambda environment: str(uuid.UUID(int=_number(kind, environment.agent_id), version=4))


def _key(prefix: str) -> Callable[[Environment], str]:
    return lambda environment: f"{prefix}{_letters(_number(prefix, environment.user_id), 16)}"


def _letters(number: int, count: int) -> str:
    letters = ""
    for _ in range(count):
        number, place = divmod(number, 32)
        letters += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[place]
    return letters


DERIVED: Mapping[str, Callable[[Environment], str]] = {
    **{kind: _agent(kind) for kind in ("filebeat", "winlogbeat", "auditbeat", "packetbeat", "cloud-defend")},
    "access key": _key("AKIA"),
    "session key": _key("ASIA"),
    "directory id": lambda environment: str(uuid.UUID(int=_number("directory", environment.mail), version=4)),
    "profile id": lambda environment: str(10**20 + _number("profile", environment.mail) % 10**20),
    "mailbox key": lambda environment: f"1003{_number('mailbox', environment.mail) % 16**12:012X}",
    "subscription": lambda environment: str(uuid.UUID(int=_number("subscription", environment.account), version=4)),
}
"""By what it identifies: agents on the machine, and keys and ids of the user with services."""

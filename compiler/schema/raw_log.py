"""Logs whose fields have raw names: those of the program that writes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawLog:
    """A log.

    Attributes:
        fields: the fields that its events have, as far as they are known.
        os: ``windows``, ``linux`` or ``macos``; None if its events do not come from such a machine.
    """

    fields: frozenset[str]
    os: str | None = None

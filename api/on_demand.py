"""Imports on demand: tables name what they lead to, and a module is imported when a row of its table is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def load(place: str) -> Any:
    """The object at ``"module:name"``; a module of this package by its place in it, such as ``".run.push:connected"``."""
    module, _, name = place.partition(":")
    return getattr(import_module(module, __package__), name)

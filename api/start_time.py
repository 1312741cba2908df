"""The time at which generated events start."""

from __future__ import annotations

DEFAULT_START = 1_704_067_200_000
"""2024-01-01T00:00:00Z, in epoch milliseconds: fixed, so that the same seed gives the same documents on any day."""

"""The form of timestamps in documents: ISO 8601, or epoch milliseconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

STAMPS = ("@timestamp", "created", "ingested", "start", "end", "creation_date")
"""The last parts of the names of fields that hold times."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r'"@timestamp":(-?\d+)(?=[,}])')
_TEXT = re.compile(rf'"({"|".join(STAMPS)})":"(\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"')


@lru_cache(maxsize=65536)
def _minute(minutes: int) -> str:
    return (_EPOCH + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M").rjust(16, "0")


def iso(time: int) -> str:
    """A time in epoch milliseconds as ISO 8601, in UTC."""
    minutes, rest = divmod(time, 60_000)
    return f"{_minute(minutes)}:{rest // 1000:02}.{rest % 1000:03}Z"


def epoch(text: str) -> int:
    """A time in ISO 8601 as epoch milliseconds."""
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)


def _as_iso(text: str) -> str:
    return _NUMBER.sub(lambda found: f'"@timestamp":"{iso(int(found[1]))}"', text)


def _as_epoch(text: str) -> str:
    return _TEXT.sub(lambda found: f'"{found[1]}":{epoch(found[2])}', text)


TIMESTAMP_FORMATS: Mapping[str, Callable[[str], str]] = {"iso": _as_iso, "epoch": _as_epoch}
"""By the name that ``--timestamp-format`` accepts: rewrites the times in lines of JSON."""

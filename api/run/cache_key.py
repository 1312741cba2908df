"""The part of a cache key that depends on the options of a run."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from triggerfish import __version__

from ...compiler.schema.fields import TABLE_PATH
from .run_options import RunOptions, keyed_fields


def cache_key(order: RunOptions) -> str:
    """A digest of what the outcome of a rule depends on beside the rule: the options, the schema and the version."""
    options = {name: getattr(order, name) for name in keyed_fields()}
    named = (order.placeholders, *order.pipeline, order.world, order.template)
    files = [TABLE_PATH, *map(Path, order.schema), *map(Path, filter(None, named))]
    content = [__version__, options, [hashlib.sha256(_content(file)).hexdigest() for file in files]]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _content(file: Path) -> bytes:
    # What a pipe holds can be read only once, and has been.
    return file.read_bytes() if file.is_file() else b""

"""The user's own values: the world, the template and the assignments of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...backends.realism.given_values import GivenValueError, given_values
from ...backends.realism.population import Outline, draw_world, usual_world
from ...backends.realism.world import World
from ...backends.realism.world_file import read_world
from ...compiler.schema.fields import Schema
from .run_options import RunOptions


def world_of(path: str | Path | None, size: int | None, seed: object) -> World:
    """The world of a run.

    Args:
        path: a world file, or None.
        size: the number of hosts, and of users; None for what the file says.
        seed: the run's seed.

    Raises:
        WorldError: the file cannot be read, or is not a world.
    """
    if path is None and size is None:
        return usual_world(seed)
    outline = Outline() if path is None else read_world(path)
    return draw_world(seed, outline if size is None else replace(outline, size=size))


def given_of(order: RunOptions, schema: Schema) -> dict[str, Any]:
    """The values that the documents of a run are to have, by field.

    Raises:
        GivenValueError: the template cannot be read, or no document can have one of the values.
    """
    template = {} if order.template is None else read_template(order.template)
    return given_values(template, order.assignments, schema)


def read_template(path: str | Path) -> Mapping[str, Any]:
    """Read a document.

    Raises:
        GivenValueError: it cannot be read, or is not an object of JSON.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise GivenValueError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise GivenValueError(f"{path}: {error}") from None
    if not isinstance(document, dict):
        raise GivenValueError(f"{path}: a template is one document, an object of JSON")
    return document

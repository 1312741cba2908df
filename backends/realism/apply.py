"""Applying the realistic style to a document source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...compiler.schema.built_in import built_in_schema
from ...compiler.schema.field_types import CONSTANT_KEYWORD
from ...compiler.schema.fields import FieldSpec, Schema
from ...compiler.schema.raw_log import RawLog
from ..generate.cells import Cell, Slot, allows
from ..generate.document_source import DocumentSource, EitherSource
from ..generate.grouped_sampler import GroupedSampler
from ..generate.restyle import Style
from ..generate.sampler import Sampler
from .assignment import matched_pattern
from .raw_logs import RawLogs
from .realistic import Realistic
from .sources.choose import datasets
from .world import World

STYLES = ("plain", "realistic")
"""The query's own fields with random letters where it leaves them open; believable values with related fields."""


def make_realistic(
    drawing: DocumentSource,
    schema: Schema,
    world: World,
    given: Mapping[str, Any] | None = None,
    patterns: Sequence[str] = (),
    raw_log: RawLog | None = None,
) -> None:
    """Set the realistic style for a document source.

    Args:
        drawing: the document source.
        schema: only fields that it knows are added to documents.
        world: where hosts, users and addresses come from.
        given: values that documents have wherever the rule allows, by field; a tuple for several.
        patterns: the rule's index patterns, which say where its events come from.
        raw_log: for a rule on a log with raw field names, that log; its fields are added instead.
    """
    style: Style
    if raw_log is None:
        style = Realistic(schema, world, given or {}, tuple(patterns))
    else:
        style = RawLogs(Realistic(built_in_schema(), world), raw_log)
    for sampler in samplers(drawing):
        sampler.style = style
        _settle_constants(sampler, patterns)


def given_up(drawing: DocumentSource) -> tuple[str, ...]:
    """Return the preferences that conflicted with the rule so far, sorted."""
    return tuple(sorted({name for sampler in samplers(drawing) for name in sampler.given_up}))


def added_fields(drawing: DocumentSource) -> tuple[FieldSpec, ...]:
    """Return the fields added so far."""
    return tuple(spec for sampler in samplers(drawing) for spec in sampler.added.values())


def samplers(drawing: DocumentSource) -> list[Sampler]:
    """Return the samplers of a source."""
    match drawing:
        case Sampler():
            return [drawing]
        case GroupedSampler():
            return [drawing.single]
        case EitherSource():
            return [sampler for way in drawing.ways for sampler in samplers(way)]
    return []


def _settle_constants(sampler: Sampler, patterns: Sequence[str]) -> None:
    """Gives unconstrained constant_keyword fields usual values in the first match, which all other matches share."""
    if not sampler.pool:
        return
    first = sampler.pool[0]
    for name, cell in first.cells.items():
        if cell.spec.type is not CONSTANT_KEYWORD or len(cell.slots) != 1 or matched_pattern(cell.slots[0]) is not None:
            continue
        part = name[1].rpartition(".")[2]
        read = datasets(patterns) if part == "dataset" else ()
        for value in (*read, *_USUAL.get(part, ())):
            if not allows(sampler.drawer, cell, value):
                continue
            cells = {other: _with_value(cell, value) if other[1] == name[1] else cell for other, cell in first.cells.items()}
            proposal = sampler.from_cells(cells, 0)
            if proposal is not None:
                first = proposal
                break
    sampler.pool[0] = first


def _with_value(cell: Cell, value: str) -> Cell:
    return replace(cell, slots=tuple(Slot(slot.wanted, value) for slot in cell.slots))


_USUAL = {
    "dataset": ("endpoint.events.process", "system.security", "generic"),
    "namespace": ("default", "production"),
    "type": ("logs", "metrics"),
}
